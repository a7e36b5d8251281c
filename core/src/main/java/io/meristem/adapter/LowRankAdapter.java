package io.meristem.adapter;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Seeds;
import io.meristem.engine.Tensors;
import io.meristem.nn.Init;
import io.meristem.nn.WeightedLayer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The update {@code W' = W + s * reshape(B A, W.shape)} of one layer (Hu et al. 2021, on the weight of any convolution, grouped ones included).
 *
 * <p>Tensors, float32, owned by this object: A (rank, columns), Gaussian at the start with standard deviation 1/sqrt(columns); B (out, rank), zero
 * at the start, so that training starts at the pretrained function exactly.
 */
public final class LowRankAdapter implements AutoCloseable {

    private final WeightedLayer layer;
    private final int rank;
    private final double scaling;
    private final double dropout;
    private final Tensor a;
    private final Tensor b;
    private boolean training;

    LowRankAdapter(String name, WeightedLayer layer, int rank, AdapterOptions options, long seed) {
        this.layer = layer;
        this.rank = rank;
        this.scaling = options.scaling(rank);
        this.dropout = options.dropout();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor gaussian = torch.empty(rank, layer.columns());
            Init.normal(1 / Math.sqrt(layer.columns()))
                    .fill(gaussian, torch.make_generator_cpu(Seeds.of(seed, "lora_A", name)));
            a = Tensors.keep(Engine.onDevice(gaussian));
            b = Tensors.keep(Engine.onDevice(torch.zeros(layer.outFeatures(), rank)));
        }
        a.requires_grad_(true);
        b.requires_grad_(true);
        use(AdapterForm.forLayer(layer, dropout));
    }

    /** Has the layer computed in another way from here on. */
    void use(AdapterForm form) {
        layer.setForm(form.of(this));
    }

    /** Probability with which an entry of its input is dropped in training. */
    double dropout() {
        return dropout;
    }

    public int rank() {
        return rank;
    }

    public double scaling() {
        return scaling;
    }

    /** (rank, columns). */
    public Tensor a() {
        return a;
    }

    /** (out, rank). */
    public Tensor b() {
        return b;
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
        return b.mul(new Scalar(scaling)).matmul(a).reshape(layer.weight().shape());
    }

    /** {@code s B}, rows multiplied by what a folded normalisation asks for: with it {@code B A} is an update of the running weight. */
    Tensor runningB() {
        Tensor scale = layer.runningScale();
        Tensor scaled = b.mul(new Scalar(scaling)); // (out, rank)
        return scale == null ? scaled : scaled.mul(scale.unsqueeze(1));
    }

    /** The update of {@link WeightedLayer#runningWeight}, with gradient; the caller's scope owns it. */
    Tensor runningDelta() {
        return runningB().matmul(a).reshape(layer.weight().shape());
    }

    /** {@link WeightedLayer#runningWeight} plus the update, in the layer's precision; the sum is taken in float32. The caller's scope owns it. */
    Tensor effectiveWeight() {
        Tensor running = layer.runningWeight();
        long[] shape = running.shape(); // (out, in) or (out, in/groups, k, k)
        if (shape.length == 2 || shape[1] == 1) {
            Tensor matrix = running.reshape(shape[0], layer.columns());
            return layer.precision().of(torch.addmm(matrix, runningB(), a)).view(shape);
        }
        // With channels innermost, as the weight lies in memory, so that nothing is copied around.
        Tensor last = a.reshape(rank, shape[1], shape[2], shape[3])
                .permute(0, 2, 3, 1)
                .reshape(rank, layer.columns());
        Tensor matrix = running.permute(0, 2, 3, 1).reshape(shape[0], layer.columns());
        return layer.precision()
                .of(torch.addmm(matrix, runningB(), last))
                .view(shape[0], shape[2], shape[3], shape[1])
                .permute(0, 3, 1, 2);
    }

    /** Hands the optimiser the gradients of A and B that follow from the whole running weight's, of any dtype. */
    void setGradientsFrom(Tensor weightGradient) {
        Tensor whole = Precision.FP32.of(weightGradient).reshape(layer.outFeatures(), layer.columns());
        setGradients(runningB().t().matmul(whole), whole.matmul(a.t()));
    }

    /**
     * Hands the optimiser the gradients of A and B, which replace those before.
     *
     * @param ofA (rank, columns), any dtype
     * @param ofRunningB gradient of {@link #runningB}, (out, rank), any dtype
     */
    void setGradients(Tensor ofA, Tensor ofRunningB) {
        Tensor scale = layer.runningScale();
        Tensor ofB = Precision.FP32.of(ofRunningB).mul(new Scalar(scaling));
        a.mutable_grad().put(Precision.FP32.of(ofA));
        b.mutable_grad().put(scale == null ? ofB : ofB.mul_(scale.unsqueeze(1)));
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
    }
}
