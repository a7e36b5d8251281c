package io.meristem.job;

import io.meristem.adapter.ComputePlan;
import io.meristem.engine.Engine;
import io.meristem.execute.Network;
import io.meristem.tune.Stepper;
import io.meristem.tune.TrainConfig;
import io.meristem.tune.TrainListener;
import io.meristem.zoo.ModelSpec;
import java.util.concurrent.atomic.AtomicReference;

/** Says how a training would compute each layer, without photos: times depend on shapes, not on what is seen. */
public final class PlanJob {

    private PlanJob() {}

    /**
     * @param config of a method that needs no photos to begin
     * @param size side of the input, pixels
     */
    public static ComputePlan run(ModelSpec spec, TrainConfig config, int classes, int size, int threads) {
        Engine.start(threads, config.compute().device());
        AtomicReference<ComputePlan> plan = new AtomicReference<>(new ComputePlan(java.util.List.of()));
        TrainListener listener = new TrainListener() {
            @Override
            public void onPlan(ComputePlan made) {
                plan.set(made);
            }
        };
        Stepper.StepSettings setting = new Stepper.StepSettings(null, config.batchSize(), 1, size, null, listener);
        try (Network network = new Network(spec, classes).materialize(config.seed());
                Stepper stepper = new Stepper(network, config, setting)) {
            return plan.get();
        }
    }
}
