package io.meristem.adapter;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Seeds;
import io.meristem.engine.Tensors;
import io.meristem.op.Init;
import io.meristem.op.WeightedLayer;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The update {@code W' = W + s * reshape(B A, W.shape)} of one layer (Hu et al. 2021, on the weight of any convolution, grouped ones included).
 * Where it is {@linkplain AdapterOptions#relative relative}, {@code s} stands for {@code s} times the norm of each row of W, one factor per row of B.
 *
 * <p>Tensors, float32, owned by this object: A (rank, columns) and B (out, rank). At the start one of them is zero, so that training starts at the
 * pretrained function exactly. Only the first {@link #active} rows of A and columns of B take part, all of them unless {@linkplain #truncate
 * truncated}.
 */
public final class LowRankAdapter implements AutoCloseable {

    private final WeightedLayer layer;
    private final double dropout;
    private final Tensor rows; // (out, 1), the norms of W's rows, or null
    private AdapterForm form;
    private double scaling;
    private Tensor a;
    private Tensor b;
    private int active;
    private boolean lastOnly;
    private boolean training;

    /** @param a (rank, columns) and {@code b} (out, rank), which this object takes over from the scope that they were made in */
    LowRankAdapter(WeightedLayer layer, Tensor a, Tensor b, double scaling, double dropout) {
        this(layer, a, b, scaling, dropout, false);
    }

    private LowRankAdapter(WeightedLayer layer, Tensor a, Tensor b, double scaling, double dropout, boolean relative) {
        this.layer = layer;
        this.scaling = scaling;
        this.dropout = dropout;
        this.rows = relative ? Tensors.keep(rowNorms(layer)) : null;
        take(a, b);
        use(AdapterForm.forLayer(layer, dropout));
    }

    /**
     * Starts as LoRA does: A Gaussian of standard deviation 1/sqrt(columns), or as the options say, and B zero.
     *
     * @param directions orthonormal rows (at most rank, columns) that A begins with, or null; the others are drawn then and made orthonormal with them, as far as
     *     there are columns
     */
    static LowRankAdapter lora(
            String name, WeightedLayer layer, int rank, AdapterOptions options, long seed, Tensor directions) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor a = gaussian(1 / Math.sqrt(layer.columns()), Seeds.of(seed, "lora_A", name), rank, layer.columns());
            if (directions != null || options.initLoraWeights() == LoraInit.ORTHOGONAL) {
                a = orthonormal(a, directions);
            }
            Tensor b = Engine.onDevice(torch.zeros(layer.outFeatures(), rank));
            return new LowRankAdapter(layer, a, b, options.scaling(rank), options.dropout(), options.relative());
        }
    }

    private static Tensor rowNorms(WeightedLayer layer) {
        Tensor matrix = layer.weight().value().reshape(layer.outFeatures(), layer.columns());
        return matrix.mul(matrix).sum(1).sqrt_().unsqueeze(1);
    }

    /** {@code drawn} (rank, columns) with its first rows replaced by {@code first}, and those after it, up to the columns, orthonormal to them and each other. */
    private static Tensor orthonormal(Tensor drawn, Tensor first) {
        long rank = drawn.size(0);
        long given = first == null ? 0 : first.size(0);
        long spanning = Math.min(rank, drawn.size(1));
        if (given >= spanning) {
            return given == rank
                    ? first.clone()
                    : torch.cat(new TensorVector(first, drawn.narrow(0, given, rank - given)));
        }
        Tensor own = drawn.narrow(0, given, spanning - given);
        Tensor span = given == 0 ? own : torch.cat(new TensorVector(first, own));
        Tensor basis =
                Tensors.own(torch.linalg_qr(span.to(ScalarType.Double).t()).get0()); // (columns, spanning)
        TensorVector rows = new TensorVector();
        if (given > 0) {
            rows.push_back(first);
        }
        rows.push_back(basis.t().narrow(0, given, spanning - given).to(ScalarType.Float));
        if (spanning < rank) {
            rows.push_back(drawn.narrow(0, spanning, rank - spanning));
        }
        return torch.cat(rows);
    }

    /** (rows, columns); the caller's scope owns it. */
    static Tensor gaussian(double deviation, long seed, int rows, int columns) {
        Tensor tensor = torch.empty(rows, columns);
        Init.normal(deviation).fill(tensor, torch.make_generator_cpu(seed));
        return Engine.onDevice(tensor);
    }

    private void take(Tensor newA, Tensor newB) {
        a = Tensors.keep(newA);
        b = Tensors.keep(newB);
        a.requires_grad_(true);
        b.requires_grad_(true);
        active = Math.toIntExact(a.size(0));
    }

    /** Goes on with other factors of another rank, taken over from the scope that they were made in; those before are freed. */
    void replace(Tensor newA, Tensor newB) {
        Tensors.free(a);
        Tensors.free(b);
        take(newA, newB);
    }

    /**
     * Goes on at another rank; see {@link RankChange}.
     *
     * @param to another than now, at most the layer's full rank
     * @param newScaling of that rank
     * @param rotated whether what is dropped is so after a rotation
     * @param directions that new rows of A follow, or null
     * @param seed of those that are drawn
     * @return what A and B are made of, but for the places of those before
     */
    RankChange changeRank(int to, double newScaling, boolean rotated, Tensor directions, long seed) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            int from = rank();
            double c = scaling / newScaling;
            RankChange change = to > from
                    ? RankChange.growing(from, to, c)
                    : rotated ? RankChange.rotated(a, b, to, c) : RankChange.plain(a, b, to, c);
            Tensor beginA = Engine.onDevice(torch.zeros(to, layer.columns()));
            Tensor beginB = Engine.onDevice(torch.zeros(layer.outFeatures(), to));
            if (to > from) {
                Tensor drawn = gaussian(1 / Math.sqrt(layer.columns()), seed, to - from, layer.columns());
                beginA.narrow(0, from, to - from).copy_(RankChange.more(a, directions, drawn));
            }
            replace(change.ofA().values(a, beginA), change.ofB().values(b, beginB));
            scaling = newScaling;
            return change;
        }
    }

    /**
     * Has only the first rows of A and columns of B take part from here on.
     *
     * @param rank how many, at most {@link #rank}
     * @param scaling the factor before their product
     * @param lastOnly whether gradients reach the last of them only
     */
    void truncate(int rank, double scaling, boolean lastOnly) {
        this.active = rank;
        this.scaling = scaling;
        this.lastOnly = lastOnly;
    }

    /** Has the layer computed in another way from here on. */
    void use(AdapterForm newForm) {
        form = newForm;
        layer.setForm(form.of(this));
    }

    /** Has the layer computed as it will be when it is saved, without gradients, or again as {@link #use} says. */
    void asSaved(boolean on) {
        layer.setForm(on ? (self, frame, x) -> self.apply(x, savedWeight(), self.readyBias()) : form.of(this));
    }

    /** The weight with the update in it, and after that the normalisation: in the order, and so to the bytes, of a network that was saved and folded. */
    private Tensor savedWeight() {
        Tensor update = delta();
        Tensor weight = layer.weight().value();
        // A convolution's weight has its channels innermost, and so must the sum.
        Tensor merged = update.dim() == 2 ? Tensors.inPlace(update, update.add_(weight)) : weight.add(update);
        Tensor scale = layer.runningScale();
        long[] rows = new long[layer.weight().shape().length];
        Arrays.fill(rows, 1);
        rows[0] = layer.outFeatures();
        return scale == null ? merged : Tensors.inPlace(merged, merged.mul_(scale.reshape(rows)));
    }

    /** Probability with which an entry of its input is dropped in training. */
    double dropout() {
        return dropout;
    }

    public int rank() {
        return Math.toIntExact(a.size(0));
    }

    /** The rank that takes part in the layer's function now. */
    public int active() {
        return active;
    }

    public double scaling() {
        return scaling;
    }

    /** (rank, columns): all of it, as it trains. */
    public Tensor a() {
        return a;
    }

    /** (out, rank): all of it, as it trains. */
    public Tensor b() {
        return b;
    }

    private boolean whole() {
        return active == a.size(0);
    }

    /** (active, columns): A as far as it takes part; the caller's scope owns it, unless it is all of A. */
    Tensor activeA() {
        return whole() ? a : a.narrow(0, 0, active);
    }

    /** (out, active): B as far as it takes part; the caller's scope owns it, unless it is all of B. */
    Tensor activeB() {
        return whole() ? b : b.narrow(1, 0, active);
    }

    /** Probability of dropping an entry of the adapter's input right now: zero outside training. */
    double activeDropout() {
        return training ? dropout : 0;
    }

    void train(boolean on) {
        training = on;
    }

    public WeightedLayer layer() {
        return layer;
    }

    /** {@code s * reshape(B A, W.shape)}, with gradient; the caller's scope owns it. */
    public Tensor delta() {
        return scaledB().matmul(activeA()).reshape(layer.weight().shape());
    }

    /** {@code s B}, (out, active): with it {@code B A} is the update of the weight. The caller's scope owns it. */
    Tensor scaledB() {
        return scaled(activeB().mul(new Scalar(scaling)));
    }

    /** {@link #scaledB} row by row, multiplied in float64. */
    double[] scaledBInFloat64() {
        double[] b = Tensors.toDoubles(activeB());
        double[] norms = rows == null ? null : Tensors.toDoubles(rows);
        for (int i = 0; i < b.length; i++) {
            b[i] *= norms == null ? scaling : scaling * norms[i / active];
        }
        return b;
    }

    private Tensor scaled(Tensor ofRows) {
        return rows == null ? ofRows : ofRows.mul(rows);
    }

    /** {@code s B}, rows multiplied by what a folded normalisation asks for: with it {@code B A} is an update of the running weight. */
    Tensor runningB() {
        Tensor scale = layer.runningScale();
        Tensor scaled = scaledB();
        return scale == null ? scaled : Tensors.inPlace(scaled, scaled.mul_(scale.unsqueeze(1)));
    }

    /**
     * {@link WeightedLayer#runningWeight} plus the update, in the layer's precision; the sum is taken in float32. The caller's scope owns it.
     *
     * @param runningB {@link #runningB} as it is now
     */
    Tensor effectiveWeight(Tensor runningB) {
        Tensor running = layer.runningWeight();
        long[] shape = running.shape(); // (out, in) or (out, in/groups, k, k)
        if (shape.length == 2 || shape[1] == 1) {
            Tensor matrix = running.reshape(shape[0], layer.columns());
            return layer.precision()
                    .of(torch.addmm(matrix, runningB, activeA()))
                    .view(shape);
        }
        // With channels innermost, as the weight lies in memory, so that nothing is copied around.
        Tensor last = activeA()
                .reshape(active, shape[1], shape[2], shape[3])
                .permute(0, 2, 3, 1)
                .reshape(active, layer.columns());
        Tensor matrix = running.permute(0, 2, 3, 1).reshape(shape[0], layer.columns());
        return layer.precision()
                .of(torch.addmm(matrix, runningB, last))
                .view(shape[0], shape[2], shape[3], shape[1])
                .permute(0, 3, 1, 2);
    }

    /**
     * Hands the optimiser the gradients of A and B that follow from the whole running weight's, of any dtype.
     *
     * @param runningB {@link #runningB} as it was in the forward pass
     * @return as {@link #setGradients}
     */
    Tensor setGradientsFrom(Tensor weightGradient, Tensor runningB) {
        Tensor whole = Precision.FP32.of(weightGradient).reshape(layer.outFeatures(), layer.columns());
        return setGradients(runningB.t().matmul(whole), whole.matmul(activeA().t()));
    }

    /**
     * Hands the optimiser the gradients of A and B, which replace those before; what takes no part gets zeros.
     *
     * @param ofA (active, columns), any dtype
     * @param ofRunningB gradient of {@link #runningB}, (out, active), any dtype
     * @return where the layer's {@linkplain WeightedLayer#scaleTrains scale trains}, the sums over the columns of {@code dW' s B A}, (out), with dW' the gradient
     *     of the running weight; null otherwise
     */
    Tensor setGradients(Tensor ofA, Tensor ofRunningB) {
        Tensor scale = layer.runningScale();
        Tensor ofB = scaled(Precision.FP32.of(ofRunningB).mul(new Scalar(scaling)));
        Tensor ofUpdate = layer.scaleTrains() ? activeB().mul(ofB).sum(1) : null;
        a.mutable_grad().put(placed(a, Precision.FP32.of(ofA), 0));
        b.mutable_grad().put(placed(b, scale == null ? ofB : ofB.mul_(scale.unsqueeze(1)), 1));
        return ofUpdate;
    }

    /** {@code part}, the gradient of the first entries along {@code dim}, as one of all of {@code of}. */
    private Tensor placed(Tensor of, Tensor part, int dim) {
        if (whole() && !lastOnly) {
            return part;
        }
        Tensor all = torch.zeros_like(of);
        int from = lastOnly ? active - 1 : 0;
        all.narrow(dim, from, active - from).copy_(part.narrow(dim, from, active - from));
        return all;
    }

    /** Adds the update to the frozen weight ({@code sign} 1) or takes it away ({@code sign} -1). */
    void addToWeight(int sign) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            layer.weight().value().add_(delta(), new Scalar((double) sign));
        }
    }

    /** Takes the adapter off its layer and frees its tensors. */
    @Override
    public void close() {
        layer.setForm(null);
        Tensors.free(a);
        Tensors.free(b);
        if (rows != null) {
            Tensors.free(rows);
        }
    }
}
