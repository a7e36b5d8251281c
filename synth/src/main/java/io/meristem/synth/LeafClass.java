package io.meristem.synth;

/** What the drawn leaf shows; one plant, one healthy state and nine symptoms. */
public enum LeafClass {
    /** No symptom, though dirt, drops, holes and ageing occur as in every class. */
    HEALTHY("healthy"),
    /** Small raised pustules, often in clusters, each with a faint halo. */
    RUST("rust"),
    /** Diffuse powdery patches that lie over the veins. */
    MILDEW("powdery_mildew"),
    /** Few, large, dark, water-soaked lesions from the margin, with a pale rim. */
    BLIGHT("late_blight"),
    /** Round spots: dark border, concentric rings, pale centre. */
    LEAF_SPOT("leaf_spot"),
    /** Angular dead patches that end at the veins. */
    ANTHRACNOSE("anthracnose"),
    /** A mottle of light and dark areas that takes no notice of the veins. */
    MOSAIC("mosaic_virus"),
    /** Pale winding tunnels, often with a dark thread inside. */
    MINER("leaf_miner"),
    /** Pale between the veins while the veins stay green. */
    CHLOROSIS("chlorosis"),
    /** A dry, sharply bounded band along margin and tip. */
    SCORCH("scorch");

    private final String folder;

    LeafClass(String folder) {
        this.folder = folder;
    }

    /** The class name as folders and reports show it. */
    public String folder() {
        return folder;
    }

    public boolean diseased() {
        return this != HEALTHY;
    }
}
