package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.weights.Downloader;
import io.meristem.weights.WeightCache;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import io.meristem.zoo.WeightSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
            Table table = new Table("model", "tag", "classes", "MiB", "here", "checksum", "licence");
            for (ModelSpec model : Models.all()) {
                for (WeightSource source : model.weights()) {
                    WeightCache.Cached here = cached.stream()
                            .filter(c ->
                                    c.model().equals(model.name()) && c.tag().equals(source.tag()))
                            .findFirst()
                            .orElse(null);
                    long bytes = here == null ? WeightCache.bytes(source, model) : here.bytes();
                    Map<String, Object> line = new LinkedHashMap<>();
                    line.put("model", model.name());
                    line.put("tag", source.tag());
                    line.put("classes", source.classes());
                    line.put("here", here != null);
                    line.put("bytes", bytes);
                    line.put("licence", source.licence());
                    line.put("sha256", source.sha256());
                    line.put("pinned_sha256", here == null ? null : here.sha256());
                    line.put("url", source.url());
                    lines.add(line);
                    table.row(
                            model.name(),
                            source.tag(),
                            String.valueOf(source.classes()),
                            String.format(Locale.ROOT, "%.0f", bytes / 1048576.0),
                            here != null ? "yes" : "-",
                            checksum(source, here),
                            source.licence());
                }
            }
            if (output.json) {
                out.print(Json.pretty(lines));
            } else {
                table.print(out);
                out.println(
                        "The checksum (SHA-256) is known from the publisher where 'published' says how many of its 64 digits are;");
                out.println(
                        "'first use' is that of the file when it first came, which each later use is held to; '-' will be pinned then.");
            }
            out.flush();
            return 0;
        }
    }

    /** Who says what the file is. */
    private static String checksum(WeightSource source, WeightCache.Cached here) {
        String published =
                source.sha256().isEmpty() ? "" : "published, " + source.sha256().length() + " digits";
        String pinned = here == null || here.sha256() == null
                ? ""
                : "first use, " + here.sha256().substring(0, 12);
        return published.isEmpty() && pinned.isEmpty()
                ? "-"
                : published + (published.isEmpty() || pinned.isEmpty() ? "" : "; ") + pinned;
    }

    @Command(
            name = "pull",
            mixinStandardHelpOptions = true,
            description = "Fetches official weights; an interrupted download is resumed.")
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

        @Option(
                names = "--renew",
                description =
                        "Take what the publisher has now in place of what came first, though its checksum is another.")
        boolean renew;

        @Override
        public Integer call() {
            ModelSpec model = Models.find(name);
            WeightSource source = model.weights().stream()
                    .filter(s -> tag == null || s.tag().equals(tag))
                    .findFirst()
                    .orElseThrow(() -> new InputException(
                            ErrorCode.UNKNOWN_NAME,
                            "No official weights of %s%s are known: see 'meristem weights list'.",
                            name,
                            tag == null ? "" : " are tagged " + tag));
            Path file = fetch(source, model);
            PrintWriter out = spec.commandLine().getOut();
            out.println(Escape.line(file + "  (" + source.licence() + ")"));
            WeightCache.open().cached().stream()
                    .filter(cached -> cached.path().equals(file) && cached.sha256() != null)
                    .forEach(cached -> out.println("SHA-256 " + cached.sha256()
                            + (source.sha256().isEmpty()
                                    ? ", pinned by first use: its publisher states none here"
                                    : ", pinned by first use; the publisher states " + source.sha256())));
            out.flush();
            return 0;
        }

        private Path fetch(WeightSource source, ModelSpec model) {
            if (!Bars.shown()) {
                return fetch(source, model, Downloader.DownloadProgress.NONE);
            }
            try (ProgressBar bar = Bars.open(model.name() + "." + source.tag(), -1)) {
                return fetch(source, model, (done, total) -> bar.maxHint(total).stepTo(done));
            }
        }

        private Path fetch(WeightSource source, ModelSpec model, Downloader.DownloadProgress progress) {
            return renew
                    ? WeightCache.open().renew(source, model, progress)
                    : WeightCache.open().pull(source, model, progress);
        }
    }
}
