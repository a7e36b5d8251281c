package io.meristem.data.check;

import java.util.List;

/**
 * Linear discriminant analysis (Fisher 1936) with shrinkage: classes are normal distributions around means of their own, with one covariance. That is
 * a tenth of its mean variance on the diagonal, and nine tenths of what is estimated within classes; features have unit variance before.
 */
final class Discriminant {

    private static final double SHRINKAGE = 0.1;

    private final double[] mean;
    private final double[] deviation;
    private final double[][] weight;
    private final double[] bias;

    private Discriminant(double[] mean, double[] deviation, double[][] weight, double[] bias) {
        this.mean = mean;
        this.deviation = deviation;
        this.weight = weight;
        this.bias = bias;
    }

    /**
     * @param x (photos, features)
     * @param y (photos), from 0 to {@code classes - 1}
     * @param rows the photos to learn from; a class of which there are none is never answered
     */
    static Discriminant fit(double[][] x, int[] y, int classes, List<Integer> rows) {
        int d = x[0].length;
        double[] mean = new double[d];
        double[] deviation = new double[d];
        for (int i : rows) {
            for (int f = 0; f < d; f++) {
                mean[f] += x[i][f] / rows.size();
            }
        }
        for (int i : rows) {
            for (int f = 0; f < d; f++) {
                deviation[f] += (x[i][f] - mean[f]) * (x[i][f] - mean[f]) / rows.size();
            }
        }
        for (int f = 0; f < d; f++) {
            // A feature that does not vary tells nothing, and is 0 for all.
            deviation[f] = deviation[f] > 1e-12 ? Math.sqrt(deviation[f]) : Double.POSITIVE_INFINITY;
        }
        Discriminant fit = new Discriminant(mean, deviation, new double[classes][], new double[classes]);
        double[][] centres = new double[classes][d];
        int[] count = new int[classes];
        double[][] scaled = new double[x.length][];
        for (int i : rows) {
            scaled[i] = fit.scale(x[i]);
            count[y[i]]++;
            add(centres[y[i]], scaled[i], 1);
        }
        for (int c = 0; c < classes; c++) {
            for (int f = 0; f < d; f++) {
                centres[c][f] /= Math.max(1, count[c]);
            }
        }
        double[][] root = cholesky(covariance(scaled, y, centres, rows));
        for (int c = 0; c < classes; c++) {
            fit.weight[c] = solve(root, centres[c]);
            fit.bias[c] = count[c] == 0
                    ? Double.NEGATIVE_INFINITY
                    : Math.log((double) count[c] / rows.size()) - dot(centres[c], fit.weight[c]) / 2;
        }
        return fit;
    }

    /** The most probable class. */
    int answer(double[] features) {
        double[] scaled = scale(features);
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < bias.length; c++) {
            double score = dot(scaled, weight[c]) + bias[c];
            if (score > most) {
                most = score;
                best = c;
            }
        }
        return best;
    }

    private double[] scale(double[] features) {
        double[] scaled = new double[features.length];
        for (int f = 0; f < scaled.length; f++) {
            scaled[f] = (features[f] - mean[f]) / deviation[f];
        }
        return scaled;
    }

    private static double[][] covariance(double[][] scaled, int[] y, double[][] centres, List<Integer> rows) {
        int d = centres[0].length;
        double[][] within = new double[d][d];
        for (int i : rows) {
            double[] residual = scaled[i].clone();
            add(residual, centres[y[i]], -1);
            for (int f = 0; f < d; f++) {
                for (int g = 0; g <= f; g++) {
                    within[f][g] += residual[f] * residual[g] / rows.size();
                }
            }
        }
        double variance = 0;
        for (int f = 0; f < d; f++) {
            variance += within[f][f] / d;
        }
        for (int f = 0; f < d; f++) {
            for (int g = 0; g <= f; g++) {
                within[f][g] *= 1 - SHRINKAGE;
            }
            within[f][f] += SHRINKAGE * Math.max(variance, 1e-6);
        }
        return within;
    }

    /** The lower triangle's root L of A = LL', in place. */
    private static double[][] cholesky(double[][] a) {
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = a[i][j];
                for (int k = 0; k < j; k++) {
                    sum -= a[i][k] * a[j][k];
                }
                a[i][j] = i == j ? Math.sqrt(sum) : sum / a[j][j];
            }
        }
        return a;
    }

    private static double[] solve(double[][] root, double[] b) {
        int d = b.length;
        double[] x = b.clone();
        for (int i = 0; i < d; i++) {
            for (int k = 0; k < i; k++) {
                x[i] -= root[i][k] * x[k];
            }
            x[i] /= root[i][i];
        }
        for (int i = d - 1; i >= 0; i--) {
            for (int k = i + 1; k < d; k++) {
                x[i] -= root[k][i] * x[k];
            }
            x[i] /= root[i][i];
        }
        return x;
    }

    private static void add(double[] to, double[] values, double times) {
        for (int f = 0; f < to.length; f++) {
            to[f] += times * values[f];
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int f = 0; f < a.length; f++) {
            sum += a[f] * b[f];
        }
        return sum;
    }
}
