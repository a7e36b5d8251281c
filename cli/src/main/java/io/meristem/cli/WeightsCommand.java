package io.meristem.cli;

import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.nn.ModelSpec;
import io.meristem.nn.ModelSpec.WeightSource;
import io.meristem.nn.Models;
import io.meristem.weights.Downloader;
import io.meristem.weights.WeightCache;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "weights",
        mixinStandardHelpOptions = true,
        description = "Lists and fetches the official pretrained weights.",
        subcommands = {WeightsCommand.ListCommand.class, WeightsCommand.PullCommand.class},
        synopsisSubcommandLabel = "(list | pull)")
final class WeightsCommand {

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the official weights, and which of them are here already.")
    static final class ListCommand implements Callable<Integer> {

        @Spec
        CommandSpec spec;

        @Mixin
        OutputOptions output;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            List<WeightCache.Cached> cached = WeightCache.open().cached();
            List<Map<String, Object>> lines = new ArrayList<>();
            Table table = new Table("model", "tag", "classes", "here", "licence");
            for (ModelSpec model : Models.all()) {
                for (WeightSource source : model.weights()) {
                    boolean here = cached.stream()
                            .anyMatch(c ->
                                    c.model().equals(model.name()) && c.tag().equals(source.tag()));
                    Map<String, Object> line = new LinkedHashMap<>();
                    line.put("model", model.name());
                    line.put("tag", source.tag());
                    line.put("classes", source.classes());
                    line.put("here", here);
                    line.put("licence", source.licence());
                    line.put("sha256", source.sha256());
                    line.put("url", source.url());
                    lines.add(line);
                    table.row(
                            model.name(),
                            source.tag(),
                            String.valueOf(source.classes()),
                            here ? "yes" : "-",
                            source.licence());
                }
            }
            if (output.json) {
                out.print(Json.pretty(lines));
            } else {
                table.print(out);
            }
            out.flush();
            return 0;
        }
    }

    @Command(
            name = "pull",
            mixinStandardHelpOptions = true,
            description = "Fetches official weights; one that was broken off goes on where it ended.")
    static final class PullCommand implements Callable<Integer> {

        @Spec
        CommandSpec spec;

        @Parameters(paramLabel = "NAME", description = "A model from 'weights list'.")
        String name;

        @Option(
                names = "--tag",
                paramLabel = "TAG",
                description = "Which of its weights. Default: the first that 'weights list' shows.")
        String tag;

        @Override
        public Integer call() {
            ModelSpec model = Models.find(name);
            WeightSource source = model.weights().stream()
                    .filter(s -> tag == null || s.tag().equals(tag))
                    .findFirst()
                    .orElseThrow(() -> new InputException("No official weights of " + name
                            + (tag == null ? "" : " are tagged " + tag) + " are known: see 'meristem weights list'."));
            Path file = fetch(source, model);
            PrintWriter out = spec.commandLine().getOut();
            out.println(Escape.line(file + "  (" + source.licence() + ")"));
            out.flush();
            return 0;
        }

        private static Path fetch(WeightSource source, ModelSpec model) {
            if (!Bars.shown()) {
                return WeightCache.open().pull(source, model.name(), Downloader.Progress.NONE);
            }
            try (ProgressBar bar = Bars.open(model.name() + "." + source.tag(), -1)) {
                return WeightCache.open().pull(source, model.name(), (done, total) -> bar.maxHint(total)
                        .stepTo(done));
            }
        }
    }
}
