package io.meristem.exchange;

/** What a person should know about an exported network before using it, in Markdown. */
public final class ModelCard {

    private ModelCard() {}

    /** @param name of the exported file or folder */
    public static String of(TunedRun run, ExportFormat format, String name) {
        return "# " + run.config().model().name() + ", fine-tuned for "
                + run.classes().size() + " classes\n\n## Loading\n\n" + format.howToLoad(run, name);
    }
}
