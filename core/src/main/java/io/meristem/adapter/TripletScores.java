package io.meristem.adapter;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.weights.SavedTensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * How important each triplet has been (Zhang et al. 2023, section 3.2). For every trained number w with gradient g the sensitivity is {@code I = |w g|}; it
 * and its uncertainty are smoothed over the steps,
 *
 * <pre>
 *   Ibar = beta1 Ibar + (1 - beta1) I,    Ubar = beta2 Ubar + (1 - beta2) |I - Ibar|,    s(w) = Ibar Ubar,
 * </pre>
 *
 * and a triplet's score is s of its lambda plus the mean of s over its column of P plus the mean over its row of Q.
 *
 * <p>All numbers of all layers are smoothed as one float32 vector, so that a step takes few operations.
 */
public final class TripletScores implements AutoCloseable {

    private static final String SENSITIVITY = "triplets.sensitivity";
    private static final String UNCERTAINTY = "triplets.uncertainty";

    private final double beta1;
    private final double beta2;
    private Tensor sensitivity;
    private Tensor uncertainty;

    /**
     * @param beta1 what is kept of the sensitivity at each step, in (0, 1)
     * @param beta2 what is kept of the uncertainty
     */
    public TripletScores(double beta1, double beta2) {
        this.beta1 = beta1;
        this.beta2 = beta2;
    }

    /** Takes in the triplets as they are now with the gradients of this step. */
    public void observe(TripletSet triplets) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            List<Tensor> parameters = triplets.parameters();
            TensorVector values = new TensorVector();
            TensorVector gradients = new TensorVector();
            for (Tensor parameter : parameters) {
                values.push_back(parameter.reshape(-1));
                gradients.push_back(Tensors.own(parameter.grad()).reshape(-1));
            }
            Tensor now = torch.cat(values);
            Tensors.inPlace(now, now.mul_(torch.cat(gradients)));
            Tensors.inPlace(now, now.abs_());
            if (sensitivity == null) {
                sensitivity = Tensors.keep(torch.zeros_like(now));
                uncertainty = Tensors.keep(torch.zeros_like(now));
            }
            Tensors.inPlace(sensitivity, sensitivity.lerp_(now, new Scalar(1 - beta1)));
            Tensors.inPlace(now, now.sub_(sensitivity));
            Tensors.inPlace(now, now.abs_());
            Tensors.inPlace(uncertainty, uncertainty.lerp_(now, new Scalar(1 - beta2)));
        }
    }

    /** The score of every triplet, in the set's order; all zero before the first observation. */
    public double[] scores(TripletSet triplets) {
        double[] scores = new double[triplets.size()];
        if (sensitivity == null) {
            return scores;
        }
        float[] s;
        try (PointerScope scope = new PointerScope()) {
            s = Tensors.toFloats(sensitivity.mul(uncertainty));
        }
        int first = 0;
        int at = 0;
        for (LowRankAdapter adapter : triplets.adapters().adapters().values()) {
            int rank = adapter.rank();
            int out = adapter.layer().outFeatures();
            int columns = adapter.layer().columns();
            for (int i = 0; i < out * rank; i++) {
                scores[first + i % rank] += (double) s[at + i] / out; // P, (out, rank)
            }
            at += out * rank;
            for (int i = 0; i < rank * columns; i++) {
                scores[first + i / columns] += (double) s[at + i] / columns; // Q, (rank, columns)
            }
            at += rank * columns;
            first += rank;
        }
        for (int k = 0; k < scores.length; k++) {
            scores[k] += s[at + k];
        }
        return scores;
    }

    /** Puts all that {@link #load} needs among {@code tensors}. */
    public void save(Map<String, Tensor> tensors) {
        if (sensitivity != null) {
            tensors.put(SENSITIVITY, sensitivity);
            tensors.put(UNCERTAINTY, uncertainty);
        }
    }

    /** Goes on from saved values, or from the beginning where none were saved. */
    public void load(SavedTensors saved) {
        close();
        if (saved.has(SENSITIVITY)) {
            try (PointerScope scope = new PointerScope()) {
                sensitivity = Tensors.keep(Engine.onDevice(saved.read(SENSITIVITY)));
                uncertainty = Tensors.keep(Engine.onDevice(saved.read(UNCERTAINTY)));
            }
        }
    }

    @Override
    public void close() {
        Tensors.free(sensitivity);
        Tensors.free(uncertainty);
        sensitivity = null;
        uncertainty = null;
    }
}
