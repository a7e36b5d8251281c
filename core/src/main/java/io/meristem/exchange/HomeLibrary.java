package io.meristem.exchange;

import io.meristem.Escape;
import io.meristem.zoo.ModelSpec;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** How a network is made in Python, in the library whose names it bears. */
record HomeLibrary(ModelSpec spec, int classes, OptionalDouble temperature) {

    static HomeLibrary of(TunedRun run) {
        return new HomeLibrary(
                run.network().spec(), run.classes().size(), run.folder().temperature());
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

    /** Python lines that load the run's pretrained weights but for the head. */
    String baseLines(TunedRun run) {
        String file = Path.of(run.config().model().weights()).getFileName().toString();
        String loading = isPth(run)
                ? "torch.load(" + Escape.python(file) + ", map_location=\"cpu\", weights_only=True)"
                : "load_file(" + Escape.python(file) + ")";
        return "base = " + loading + "  # SHA-256 " + run.provenance().weightsSha256() + "\n"
                + "base = {k: v for k, v in base.items() if not k.startswith(\"" + spec.headName() + ".\")}\n"
                + "model.load_state_dict(base, strict=False)\n";
    }

    private static boolean isPth(TunedRun run) {
        return !run.config().model().weights().endsWith(".safetensors");
    }

    /** A block of Python that makes the network, then does {@code lines}, has it ready as {@code model}, and asks it; it continues the block about the input. */
    String code(String lines, String imports) {
        return "```python\n"
                + "import torch\n" + importLine() + "\n" + imports
                + "from safetensors.torch import load_file\n\n"
                + "model = " + construction() + "\n"
                + lines + "\n"
                + "model.eval()\n\n"
                + PythonCode.answer(temperature) + "\n"
                + "```\n";
    }
}
