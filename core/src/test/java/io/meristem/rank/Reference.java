package io.meristem.rank;

import java.util.Random;

/** The formulas of centred kernel alignment with explicit matrices and plain loops, to compare the real ones with. */
final class Reference {

    private Reference() {}

    static double[][] times(double[][] a, double[][] b) {
        double[][] c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b[0].length; j++) {
                for (int k = 0; k < b.length; k++) {
                    c[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return c;
    }

    static double trace(double[][] a) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i][i];
        }
        return sum;
    }

    /** {@code I - 11'/n}. */
    static double[][] centring(int n) {
        double[][] h = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                h[i][j] = (i == j ? 1 : 0) - 1.0 / n;
            }
        }
        return h;
    }

    static double biased(double[][] k, double[][] l) {
        double[][] h = centring(k.length);
        return trace(times(times(k, h), times(l, h))) / Math.pow(k.length - 1, 2);
    }

    static double unbiased(double[][] k, double[][] l) {
        int n = k.length;
        double[][] kk = zeroDiagonal(k);
        double[][] ll = zeroDiagonal(l);
        double[][] one = new double[n][1];
        double[][] row = new double[1][n];
        for (int i = 0; i < n; i++) {
            one[i][0] = 1;
            row[0][i] = 1;
        }
        double first = trace(times(kk, ll));
        double second = times(times(row, kk), one)[0][0] * times(times(row, ll), one)[0][0] / ((n - 1.0) * (n - 2.0));
        double third = 2.0 / (n - 2) * times(times(row, times(kk, ll)), one)[0][0];
        return (first + second - third) / (n * (n - 3.0));
    }

    static double participationRatio(double[][] l) {
        double[][] h = centring(l.length);
        double[][] c = times(times(h, l), h);
        return Math.pow(trace(c), 2) / trace(times(c, c));
    }

    private static double[][] zeroDiagonal(double[][] k) {
        double[][] z = new double[k.length][];
        for (int i = 0; i < k.length; i++) {
            z[i] = k[i].clone();
            z[i][i] = 0;
        }
        return z;
    }

    /** {@code X X'}. */
    static double[][] gram(double[][] x) {
        double[][] g = new double[x.length][x.length];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x.length; j++) {
                for (int c = 0; c < x[i].length; c++) {
                    g[i][j] += x[i][c] * x[j][c];
                }
            }
        }
        return g;
    }

    static double[] flat(double[][] a) {
        double[] f = new double[a.length * a[0].length];
        for (int i = 0; i < a.length; i++) {
            System.arraycopy(a[i], 0, f, i * a[0].length, a[0].length);
        }
        return f;
    }

    static double[][] columnCentred(double[][] x) {
        double[][] c = new double[x.length][x[0].length];
        for (int j = 0; j < x[0].length; j++) {
            double mean = 0;
            for (double[] row : x) {
                mean += row[j] / x.length;
            }
            for (int i = 0; i < x.length; i++) {
                c[i][j] = x[i][j] - mean;
            }
        }
        return c;
    }

    static double[][] gaussian(Random random, int n, int features) {
        double[][] x = new double[n][features];
        for (double[] row : x) {
            for (int j = 0; j < features; j++) {
                row[j] = random.nextGaussian();
            }
        }
        return x;
    }
}
