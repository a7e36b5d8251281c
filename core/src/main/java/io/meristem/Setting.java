package io.meristem;

import java.io.Serializable;
import java.util.Locale;

/**
 * A setting as errors and notes name it. What it is called depends on who shows the sentence: {@link #words} in plain text, {@link #key} in a program; the
 * command line knows its options.
 */
public enum Setting {
    ABSTAIN("abstention threshold"),
    ABSTAIN_AT_ACCURACY("wanted accuracy", "accuracy"),
    ALPHA("alpha"),
    BATCH_SIZE("batch size"),
    BETA1("beta1"),
    BETA2("beta2"),
    BUDGET("budget", "budgetMib"),
    CALIBRATION_BATCH("photos per calibration batch", "calibrationBatchSize"),
    CALIBRATION_BATCHES("calibration batches"),
    CALIBRATION_EPOCHS("calibration epochs"),
    CHECKPOINTING("checkpointing"),
    CLASSES("classes"),
    CLASS_WEIGHTS("class weights"),
    CLIP("clipping", "clipNorm"),
    COST_POWER("power of the cost"),
    CROP("crop fraction", "cropFraction"),
    DATA("photo folder"),
    DELTA_T("steps between prunings", "interval"),
    DEVICE("device"),
    DROPOUT("dropout"),
    EMA("decay of averaged weights"),
    EPOCHS("epochs"),
    FORMAT("format"),
    FROM_SCRATCH("random weights"),
    GROUPS("group table", "groupCsv"),
    GROUPS_OUT("new group table"),
    GROUP_COLUMN("group column"),
    HEAD("head"),
    HEAD_RATE("learning rate of the head"),
    HEAD_START("head start"),
    HEATMAP("heatmap folder"),
    HTML("report file"),
    IGNORE_MEMORY("a start without this check"),
    INIT_LORA_WEIGHTS("initial LoRA weights"),
    INIT_RANK("first rank"),
    JSON("JSON file"),
    KAPPA("kappa"),
    LABEL_SMOOTHING("label smoothing"),
    LIMIT_PER_CLASS("limit of photos per class"),
    LORA_RELATIVE("row scales", "relative"),
    LR_RATIO("learning-rate ratio"),
    MEAN("mean"),
    MERGE_GROUPED("merging of grouped convolutions"),
    METHOD("method"),
    METHODS("methods"),
    MODEL("model"),
    MODELS("list of models"),
    MOMENTUM("momentum"),
    NORM_RATE("learning rate of the normalisation"),
    NO_GROUPS("no groups"),
    ON_DIVERGENCE("divergence rule"),
    ORTHOGONALITY("weight of orthogonality"),
    OUT("output folder"),
    PATH_COLUMN("path column"),
    PERTURB("perturbations", "perturbations"),
    PLAN("plan"),
    PRECISION("precision"),
    PREDICTIONS("predictions file"),
    PRESET("preset"),
    RANK("rank"),
    RANK_LIMIT("rank limit", "limit"),
    RANK_MAX("greatest rank", "max"),
    RANK_MIN("least rank", "min"),
    RATE("learning rate"),
    SCORER("scorer"),
    SIZE("input size"),
    SPLIT("side", "part"),
    SPLIT_SEED("split seed", "seed"),
    START_SIZE("start size"),
    STD("standard deviation"),
    TAG("tag"),
    TARGET_RANK("target rank"),
    TEST("test share", "testFraction"),
    TO("target"),
    TOP("number of classes"),
    TRAIN_NORM("norm training"),
    TUNING_SEEDS("tuning seeds"),
    T_FINAL("share after pruning", "finalShare"),
    T_INIT("share before pruning", "initShare"),
    UPDATES("updates"),
    UPDATE_AT("update time", "at"),
    UPDATE_WHEN("update rule", "when"),
    VAL("validation share", "valFraction"),
    VIEWS("views"),
    WARMUP_EPOCHS("warm-up epochs"),
    WEIGHTS("weights"),
    WEIGHT_DECAY("weight decay"),
    WORKERS("number of workers", "workers");

    /**
     * A setting in a sentence.
     *
     * @param article whether "the" belongs before its name
     * @param value that it has there, or null
     */
    public record Mention(Setting setting, boolean article, String value) implements Serializable {}

    private final String words;
    private final String key;

    Setting(String words) {
        this(words, null);
    }

    Setting(String words, String key) {
        this.words = words;
        this.key = key == null ? camelCase(name()) : key;
    }

    private static String camelCase(String name) {
        StringBuilder key = new StringBuilder();
        for (String part : name.toLowerCase(Locale.ROOT).split("_")) {
            key.append(key.isEmpty() ? part : part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1));
        }
        return key.toString();
    }

    /** A noun without an article. */
    public String words() {
        return words;
    }

    /** As in Java, such as {@code batchSize}: the name of a method or of a record's component. */
    public String key() {
        return key;
    }

    /** With its article: "leave the plan out". */
    public Mention the() {
        return new Mention(this, true, null);
    }

    /** With a value: "use batch size 16". */
    public Mention as(Object value) {
        return new Mention(this, false, String.valueOf(value));
    }

    /** With its article and a value: "in the format merged". */
    public Mention the(Object value) {
        return new Mention(this, true, String.valueOf(value));
    }

    Mention bare() {
        return new Mention(this, false, null);
    }
}
