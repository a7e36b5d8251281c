package io.meristem.op;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** How a parameter gets its first values: fills {@code tensor} in place from {@code generator}. */
@FunctionalInterface
public interface Init {

    void fill(Tensor tensor, Generator generator);

    /** Every entry {@code value}. */
    static Init constant(double value) {
        return (tensor, generator) -> {
            try (Scalar scalar = new Scalar(value)) {
                tensor.fill_(scalar);
            }
        };
    }

    /** Gaussian with mean 0. */
    static Init normal(double std) {
        return (tensor, generator) -> {
            try (GeneratorOptional g = new GeneratorOptional(generator)) {
                tensor.normal_(0, std, g);
            }
        };
    }

    /** Uniform in {@code [-bound, bound]}. */
    static Init uniform(double bound) {
        return (tensor, generator) -> {
            try (GeneratorOptional g = new GeneratorOptional(generator)) {
                tensor.uniform_(-bound, bound, g);
            }
        };
    }
}
