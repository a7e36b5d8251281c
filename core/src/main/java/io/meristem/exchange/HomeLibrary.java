package io.meristem.exchange;

import io.meristem.nn.ModelSpec;

/** How a network is made in Python, in the library whose names it bears. */
record HomeLibrary(ModelSpec spec, int classes) {

    static HomeLibrary of(TunedRun run) {
        return new HomeLibrary(run.network().spec(), run.classes().size());
    }

    /** The line that imports the library. */
    String importLine() {
        return spec.library().equals("timm") ? "import timm" : "import torchvision";
    }

    /** The expression that makes the network with random weights. */
    String construction() {
        if (spec.library().equals("timm")) {
            return "timm.create_model(\"" + spec.name() + "\", num_classes=" + classes + ")";
        }
        int width = spec.name().lastIndexOf('_');
        String digits = spec.name().substring(width + 1);
        return digits.matches("\\d{3}")
                ? "torchvision.models.mobilenet_v2(num_classes=" + classes + ", width_mult="
                        + Integer.parseInt(digits) / 100.0 + ")"
                : "torchvision.models." + spec.name() + "(num_classes=" + classes + ")";
    }

    /** A block of Python that makes the network, then does {@code lines}, and has it ready as {@code model}. */
    String code(String lines, String imports) {
        return "```python\n"
                + importLine() + "\n" + imports
                + "from safetensors.torch import load_file\n\n"
                + "model = " + construction() + "\n"
                + lines + "\n"
                + "model.eval()\n"
                + "```\n";
    }
}
