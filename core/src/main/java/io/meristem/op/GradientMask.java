package io.meristem.op;

import org.bytedeco.javacpp.BoolPointer;

/** Which of three gradients an operation of the engine is to compute. */
final class GradientMask {

    private GradientMask() {}

    static BoolPointer of(boolean first, boolean second, boolean third) {
        return new BoolPointer(3).put(0, first).put(1, second).put(2, third);
    }
}
