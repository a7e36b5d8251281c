package io.meristem.cli;

import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Json;
import io.meristem.execute.Network;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "models", mixinStandardHelpOptions = true, description = "Lists the networks that can be fine-tuned.")
final class ModelsCommand implements Callable<Integer> {

    private static final int IMAGENET_CLASSES = 1000;

    @Spec
    CommandSpec spec;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<Map<String, Object>> models = new ArrayList<>();
        for (ModelSpec model : Models.all()) {
            try (Network network = new Network(model, IMAGENET_CLASSES)) {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("name", model.name());
                line.put("family", model.family());
                line.put("library", model.library());
                line.put("parameters", network.parameterCount());
                line.put("layers", network.weightedLayers().size());
                line.put("input_size", model.inputSize());
                line.put("min_size", model.minSize());
                line.put("mean", model.mean());
                line.put("std", model.std());
                line.put("weights", model.weights());
                models.add(line);
            }
        }
        if (output.json) {
            out.print(Json.pretty(models));
        } else {
            Table table =
                    new Table("name", "family", "library", "parameters", "MiB", "layers", "input", "official weights");
            for (Map<String, Object> m : models) {
                long parameters = (Long) m.get("parameters");
                table.row(
                        (String) m.get("name"),
                        (String) m.get("family"),
                        (String) m.get("library"),
                        String.valueOf(parameters),
                        String.format(Locale.ROOT, "%.1f", LayerSize.mib(parameters)),
                        String.valueOf(m.get("layers")),
                        String.valueOf(m.get("input_size")),
                        String.valueOf(((List<?>) m.get("weights")).size()));
            }
            table.print(out);
            out.println(
                    "Parameters are counted with 1000 classes. mobilenet_v2_NNN is MobileNetV2 of any width, in hundredths.");
        }
        out.flush();
        return 0;
    }
}
