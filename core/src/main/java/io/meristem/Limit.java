package io.meristem;

/**
 * What a file from a stranger may ask for. Each limit is far above what sound files need, and has a system property that sets another, such as {@code
 * JAVA_TOOL_OPTIONS=-Dmeristem.json.maxMegabytes=100}. docs/hostile-files.md lists them.
 */
public enum Limit {
    /** Millions of pixels of a photo: the largest sensors of phones have 201. Three bytes of each must fit one Java array. */
    PHOTO_MEGAPIXELS("meristem.image.maxMegapixels", 250, 715),

    /**
     * Pixels of a photo for each byte of its file, beyond a few million, which a picture of one colour may have. Deflate's most is 1,032 bytes for one, so
     * a PNG of one colour with a byte or more a pixel is below; one of two colours, a bit a pixel, may be above. Of 6,907 real photos none has more than 21.
     * A file that promises more is cut short, or made to have memory taken for nothing.
     */
    PHOTO_PIXELS_PER_BYTE("meristem.image.maxPixelsPerByte", 1_100, Integer.MAX_VALUE),

    /** Mebibytes of a photo file. */
    PHOTO_MEGABYTES("meristem.image.maxMegabytes", 1024, Limit.ARRAY_MEGABYTES),

    /** Scans of a progressive JPEG; usual ones have about ten, and each costs a pass over the whole picture. */
    PHOTO_SCANS("meristem.image.maxScans", 100, Integer.MAX_VALUE),

    /** Scans of a JPEG times millions of its pixels, which is what decoding costs: ten scans of the largest photo. */
    PHOTO_SCAN_MEGAPIXELS("meristem.image.maxScanMegapixels", 2_500, Integer.MAX_VALUE),

    /** Looks of a decoder beyond the end of a photo: whole pictures take a few, of decoders that read ahead. */
    PHOTO_READS_AT_END("meristem.image.maxReadsAtEnd", 1000, Integer.MAX_VALUE),

    /** Mebibytes of a JSON file. One of 32 can take thirty times as much memory as a tree. */
    JSON_MEGABYTES("meristem.json.maxMegabytes", 32, Limit.ARRAY_MEGABYTES),

    /** Mebibytes of a table or of a file of lines, such as {@code predictions.csv}. */
    TABLE_MEGABYTES("meristem.table.maxMegabytes", 512, Limit.ARRAY_MEGABYTES),

    /** Characters of one line of a list or a table of photos. */
    TABLE_LINE("meristem.table.maxLine", 1 << 20, Integer.MAX_VALUE),

    /** Rows of a table of photos. */
    TABLE_ROWS("meristem.table.maxRows", 5_000_000, Integer.MAX_VALUE),

    /** Files and folders below a folder of photos. */
    FOLDER_ENTRIES("meristem.folder.maxEntries", 20_000_000, Integer.MAX_VALUE),

    /** Folders within folders below it; walking is recursive in places. */
    FOLDER_DEPTH("meristem.folder.maxDepth", 64, 1000),

    /** Tensors of a weights file, ten times those of the largest network here. */
    WEIGHTS_TENSORS("meristem.weights.maxTensors", 100_000, Integer.MAX_VALUE),

    /** Dimensions of a tensor, more than any of a network has. */
    WEIGHTS_DIMENSIONS("meristem.weights.maxDimensions", 16, 64),

    /** Millions of bytes in the header of a safetensors file: the limit that the format's own library sets. */
    WEIGHTS_HEADER_MEGABYTES("meristem.weights.maxHeaderMegabytes", 100, Limit.ARRAY_MEGABYTES),

    /** Entries in the metadata of a safetensors file. */
    WEIGHTS_METADATA("meristem.weights.maxMetadata", 100_000, Integer.MAX_VALUE),

    /** Characters of a name or a text in a checkpoint. */
    WEIGHTS_NAME("meristem.weights.maxName", 1000, Integer.MAX_VALUE),

    /** Mebibytes of a checkpoint's pickle. */
    PICKLE_MEGABYTES("meristem.weights.maxPickleMegabytes", 16, Limit.ARRAY_MEGABYTES),

    /** Instructions of it. */
    PICKLE_INSTRUCTIONS("meristem.weights.maxPickleInstructions", 2_000_000, Integer.MAX_VALUE),

    /** Mebibytes of the list of entries of a zip archive. */
    ZIP_MEGABYTES("meristem.weights.maxZipMegabytes", 32, Limit.ARRAY_MEGABYTES),

    /** Characters of a pattern in a PEFT adapter. */
    PEFT_PATTERN("meristem.peft.maxPattern", 500, Integer.MAX_VALUE),

    /** Entries of a run's folder of photos that are listed to see whether its classes are in it. */
    DATA_ENTRIES("meristem.run.maxEntries", 1_000_000, Integer.MAX_VALUE),

    /** Characters in the name of a run's class, which was a folder's. */
    CLASS_NAME("meristem.run.maxClassName", 1000, Integer.MAX_VALUE);

    /** What is read at once is one Java array. */
    private static final long ARRAY_MEGABYTES = 2047;

    private final String property;
    private final long usual;
    private final long most;

    Limit(String property, long usual, long most) {
        this.property = property;
        this.usual = usual;
        this.most = most;
    }

    /** Name of the system property that sets it. */
    public String property() {
        return property;
    }

    /** What holds when the property says nothing, or nothing above 0. */
    public long usual() {
        return usual;
    }

    /** What holds now. */
    public long value() {
        Long given = Long.getLong(property);
        return given == null || given < 1 ? usual : Math.min(given, most);
    }

    /** The same of a limit that fits an int, as all do. */
    public int intValue() {
        return (int) value();
    }

    /**
     * For a sentence: the limit and how to raise it, such as {@code 100 (JAVA_TOOL_OPTIONS=-Dmeristem.image.maxScans=200 allows more)}. Java itself reads
     * that variable, whatever starts it.
     */
    public String words() {
        return words("");
    }

    /** @param unit after the number, such as {@code " MiB"} */
    public String words(String unit) {
        return value() + unit + " (JAVA_TOOL_OPTIONS=-D" + property + "=" + Math.min(most, 2 * value())
                + " allows more)";
    }
}
