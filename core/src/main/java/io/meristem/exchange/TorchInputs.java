package io.meristem.exchange;

import io.meristem.Escape;
import io.meristem.artifact.RunConfig;
import io.meristem.data.image.Fit;
import io.meristem.data.image.Preprocess;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a model card says of the input of a network in PyTorch. */
final class TorchInputs {

    private TorchInputs() {}

    static String of(TunedRun run) {
        RunConfig.Model model = run.config().model();
        Preprocess input = model.preprocess();
        String scaling = input.fit() == Fit.SQUASH
                ? "    transforms.Resize((" + input.size() + ", " + input.size() + ")),\n"
                : "    transforms.Resize(" + input.shortSide() + "),\n    transforms.CenterCrop(" + input.size()
                        + "),\n";
        return String.format(
                        Locale.ROOT,
                        """
                The input is RGB, float32, (N, 3, %d, %d); the output is logits, float32, (N, %d). Photos are turned upright by their EXIF orientation first, and \
                lie on white where they are transparent. In Python:

                ```python
                from PIL import Image, ImageOps
                from torchvision import transforms


                """,
                        input.size(),
                        input.size(),
                        run.classes().size())
                + PythonCode.OPENED
                + "\n\npreprocess = transforms.Compose([\n"
                + scaling
                + "    transforms.ToTensor(),\n"
                + "    transforms.Normalize(" + model.mean() + ", " + model.std() + "),\n])\n"
                + "classes = ["
                + run.classes().stream().map(Escape::python).collect(Collectors.joining(", "))
                + "]\n```\n";
    }
}
