package io.meristem.exchange;

import io.meristem.Action;
import io.meristem.Escape;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.Wording;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunResult;
import io.meristem.data.folder.Split;
import io.meristem.eval.Interval;
import io.meristem.eval.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** What a person should know about an exported network before using it, in Markdown. */
public final class ModelCard {

    private final StringBuilder out = new StringBuilder();
    private final TunedRun run;
    private final Provenance provenance;
    private final RunConfig config;
    private final Wording wording;

    private ModelCard(TunedRun run, Wording wording) {
        this.wording = wording;
        this.run = run;
        this.provenance = run.provenance();
        this.config = run.config();
    }

    /**
     * @param name of the exported file or folder
     * @param wording in which it says what a reader can do with Meristem
     */
    public static String of(TunedRun run, ExportFormat format, String name, Wording wording) {
        ModelCard card = new ModelCard(run, wording);
        card.head(format);
        card.classes();
        card.quality();
        card.limits();
        card.sizes();
        card.input(format);
        card.origin();
        card.line("## Loading");
        card.line("");
        card.out.append(format.howToLoad(run, name));
        format.inMeristem(run, name)
                .ifPresent(
                        how -> card.out.append('\n').append(how.text(wording)).append('\n'));
        return card.out.toString();
    }

    private void head(ExportFormat format) {
        line(
                "# %s, fine-tuned for %d classes",
                config.model().name(), run.classes().size());
        line("");
        if (provenance.synthetic()) {
            line("**The photos are SYNTHETIC: drawn by a program. This network says nothing about real plants.**");
            line("");
        }
        line(
                "A classifier of photos, trained with the method `%s`%s and exported as `%s`.",
                config.train().label(),
                run.folder().rank() == null
                        ? ""
                        : " and cut to rank " + run.folder().rank(),
                format.label());
        line("");
    }

    private void classes() {
        line("## Classes and photos");
        line("");
        if (provenance.photos().isEmpty()) {
            line("Labels, from 0: %s. How many photos it was trained on is not known here.", names(run.classes()));
        } else {
            line("| label | class | training | validation | test |");
            line("|---|---|---|---|---|");
            for (int label = 0; label < run.classes().size(); label++) {
                String name = run.classes().get(label);
                Map<Split, Integer> counts = provenance.photos().getOrDefault(name, Map.of());
                line(
                        "| %d | %s | %d | %d | %d |",
                        label,
                        cell(name),
                        counts.getOrDefault(Split.TRAIN, 0),
                        counts.getOrDefault(Split.VAL, 0),
                        counts.getOrDefault(Split.TEST, 0));
            }
        }
        line("");
    }

    private void quality() {
        line("## How good it is");
        line("");
        Scores scores = scores();
        if (scores == null) {
            say(Message.of("Not measured: judge it with %s before relying on it.", Action.EVALUATE));
            line("");
            return;
        }
        boolean test = isTest();
        Interval interval = scores.interval();
        line(
                "On %d %s photos: accuracy %.1f %% (95 %% interval %.1f to %.1f %%), macro F1 %.3f, mAP %.3f.",
                scores.photos(),
                test ? "test" : "validation",
                100 * scores.accuracy(),
                100 * interval.low(),
                100 * interval.high(),
                scores.macroF1(),
                scores.meanAveragePrecision());
        line(
                "One run, seed %d; %s. The interval counts the photos as independent of each other and does not show how much another seed would change.",
                config.train().seed(),
                test
                        ? "the test photos were looked at once, after training"
                        : "the best epoch was chosen on these same photos, so the figures are somewhat too good");
        line("");
        line("| class | photos | precision | recall | F1 |");
        line("|---|---|---|---|---|");
        for (Scores.ClassScore c : scores.classes()) {
            line(
                    "| %s | %d | %.3f | %s | %s |",
                    cell(c.name()), c.photos(), c.precision(), figure(c.recall()), figure(c.f1()));
        }
        line("");
    }

    /** Of the test photos, or of those for validation where there are none; null where nothing was measured at this rank. */
    private Scores scores() {
        RunResult result = run.result();
        if (result == null) {
            return null;
        }
        if (run.folder().rank() == null) {
            return result.test() == null ? result.val() : result.test();
        }
        return atRank() == null ? null : atRank().test() == null ? atRank().val() : atRank().test();
    }

    private RunResult.AtRank atRank() {
        return run.result().ranks().stream()
                .filter(at -> at.rank() == run.folder().rank())
                .findFirst()
                .orElse(null);
    }

    private boolean isTest() {
        return (run.folder().rank() == null ? run.result().test() : atRank().test()) != null;
    }

    private void limits() {
        line("## Limits");
        line("");
        if (provenance.synthetic()) {
            line("- It knows drawings only.");
        }
        line(
                "- It always answers with one of its %d classes, whatever the photo shows.",
                run.classes().size());
        OptionalDouble temperature = run.folder().temperature();
        if (temperature.isEmpty()) {
            line("- Its probabilities are not calibrated.");
        } else if (temperature.getAsDouble() == 1) {
            line(
                    "- Its probabilities are not calibrated: the temperature has stayed 1, as there were too few validation photos for another, or"
                            + " none fitted better.");
        } else {
            line("- Its probabilities are calibrated: logits are divided by the temperature "
                    + temperature.getAsDouble() + ", which was fitted on the validation photos, before the softmax.");
        }
        say(Message.of(
                "- It was judged on photos like those it was trained on; other cameras, places and crops may do worse; %s shows how much.",
                Action.EVALUATE.with(Setting.PERTURB.as("all"))));
        if (run.result() == null) {
            line("- There is no finished account of its training.");
        }
        provenance.dataNotes().forEach(note -> line("- %s", Escape.markdown(note)));
        if (!provenance.unreadable().isEmpty()) {
            line(
                    "- %d photos could not be read and took no part.",
                    provenance.unreadable().size());
        }
        line("");
    }

    private void sizes() {
        line("## Size");
        line("");
        List<String> parts = new ArrayList<>();
        parts.add(format("%.2f MiB the whole network in float32", run.network().parameterCount() * 4 / 1048576.0));
        if (run.result() != null && run.result().averageMib() > 0) {
            parts.add(format(
                    "%.2f MiB trained by the method on average", run.result().averageMib()));
            parts.add(format("%.2f MiB of a head trained in full", run.result().headMib()));
        }
        line("%s.", String.join(", ", parts));
        line("");
    }

    private void input(ExportFormat format) {
        line("## Input");
        line("");
        out.append(format.inputs(run));
        line("");
    }

    private void origin() {
        line("## Where it comes from");
        line("");
        line(
                "- Pretrained weights: %s",
                BaseWeights.sentence(config.model(), run.network().spec(), provenance.weightsSha256()));
        line(
                "- Photos: fingerprint `%s`. Their licence is their owner's affair.",
                provenance.dataFingerprint() == null ? "not known" : provenance.dataFingerprint());
        if (run.result() != null) {
            line(
                    "- Training: %d epochs, the state of epoch %d, seed %d, in %s.",
                    run.result().epochs(),
                    run.result().bestEpoch(),
                    config.train().seed(),
                    provenance.dtype());
        }
        if (config.train().ema() > 0) {
            line(
                    "- The weights are averages over the steps of training, of which each step keeps up to %s.",
                    config.train().ema());
        }
        line("- Made with Meristem %s. The numbers here are float32.", provenance.meristem());
        line("");
    }

    /** @param value null where there is none */
    private static String figure(Double value) {
        return value == null ? "-" : format("%.3f", value);
    }

    private static String names(List<String> names) {
        return names.stream().map(ModelCard::cell).collect(Collectors.joining(", "));
    }

    /** A name in a table: what Markdown would take for its own is marked. */
    private static String cell(String text) {
        return Escape.markdown(text);
    }

    private void say(Message sentence) {
        out.append(sentence.text(wording)).append('\n');
    }

    private void line(String format, Object... values) {
        out.append(format(format, values)).append('\n');
    }

    private static String format(String format, Object... values) {
        return values.length == 0 ? format : String.format(Locale.ROOT, format, values);
    }
}
