package io.meristem.execute;

import io.meristem.op.BatchNormLayer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;

/** Re-estimates the running statistics of every batch normalisation on new data, as the plain mean over batches, and freezes them again. */
public final class NormCalibration {

    private NormCalibration() {}

    public static void recalibrate(Network network, ImageFeed batches) {
        network.train(false);
        int[] seen = {0};
        network.batchNorms().values().forEach(norm -> norm.setMode(BatchNormLayer.Mode.TRACK));
        try (NoGradGuard guard = new NoGradGuard()) {
            batches.forEach(batch -> {
                seen[0]++;
                network.batchNorms().values().forEach(norm -> norm.setMomentum(1.0 / seen[0]));
                try (PointerScope scope = new PointerScope()) {
                    network.forward(batch);
                }
            });
        } finally {
            network.batchNorms().values().forEach(norm -> {
                norm.setMode(BatchNormLayer.Mode.FROZEN);
                norm.setMomentum(BatchNormLayer.DEFAULT_MOMENTUM);
            });
        }
    }
}
