package io.meristem.explain;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.execute.Network;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The ways to find what a network looked at: docs/heatmaps.md compares them. */
public enum HeatmapMethod {
    /** By the gradient of the class's logit; a backward pass through the last layers. */
    GRAD_CAM("grad-cam"),
    /** By hiding one place after another; a hundred forward passes. */
    OCCLUSION("occlusion");

    private final String label;

    HeatmapMethod(String label) {
        this.label = label;
    }

    /** What a user writes. */
    public String label() {
        return label;
    }

    /** @throws InputException when there is no such method */
    public static HeatmapMethod parse(String label) {
        return Arrays.stream(values())
                .filter(method -> method.label.equals(label))
                .findFirst()
                .orElseThrow(() -> new InputException(
                        ErrorCode.UNKNOWN_NAME,
                        "There is no heatmap method '%s': give one of %s.",
                        label,
                        Arrays.stream(values()).map(HeatmapMethod::label).collect(Collectors.joining(", "))));
    }

    /** @param network with its weights, nothing in it training; it is put into evaluation mode and stays the caller's */
    public Explainer of(Network network) {
        network.train(false);
        return switch (this) {
            case GRAD_CAM -> new GradCam(network);
            case OCCLUSION -> new Occlusion(network);
        };
    }
}
