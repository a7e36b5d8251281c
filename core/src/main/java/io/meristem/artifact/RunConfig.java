package io.meristem.artifact;

import io.meristem.data.Augmentation;
import io.meristem.data.Fit;
import io.meristem.data.Preprocess;
import io.meristem.data.SplitOptions;
import io.meristem.tune.TrainConfig;
import java.util.List;

/** A training as it is run: everything that its result depends on, but for the bytes of photos and weights. */
public record RunConfig(Model model, Data data, TrainConfig train, int threads) {

    /**
     * The network and how it sees photos.
     *
     * @param name in the registry
     * @param weights file of pretrained weights, or null for random ones
     * @param size side of the input, pixels
     * @param cropFraction of the scaled photo's side that the centre crop keeps in evaluation
     */
    public record Model(
            String name, String weights, int size, double cropFraction, Fit fit, List<Float> mean, List<Float> std) {

        public Preprocess preprocess() {
            return new Preprocess(size, cropFraction, fit, floats(mean), floats(std));
        }

        private static float[] floats(List<Float> list) {
            float[] values = new float[list.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = list.get(i);
            }
            return values;
        }
    }

    /** Photos: a folder, how it is split, and how training photos are varied. */
    public record Data(String folder, SplitOptions split, Augmentation augmentation) {}
}
