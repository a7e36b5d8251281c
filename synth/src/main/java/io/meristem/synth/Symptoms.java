package io.meristem.synth;

/** Draws the symptom of a class onto a leaf; colours are drawn from overlapping families, the form of the lesion is what tells. */
final class Symptoms {

    private Symptoms() {}

    /** @param severity 0 (least) to 1 */
    static void draw(LeafClass leafClass, LeafSheet sheet, float severity, Rng rng) {
        switch (leafClass) {
            case HEALTHY -> {}
            case RUST -> SpotSymptoms.rust(sheet, severity, rng);
            case MILDEW -> PatchSymptoms.mildew(sheet, severity, rng);
            case BLIGHT -> PatchSymptoms.blight(sheet, severity, rng);
            case LEAF_SPOT -> SpotSymptoms.leafSpot(sheet, severity, rng);
            case ANTHRACNOSE -> VeinSymptoms.anthracnose(sheet, severity, rng);
            case MOSAIC -> PatchSymptoms.mosaic(sheet, severity, rng);
            case MINER -> SpotSymptoms.miner(sheet, severity, rng);
            case CHLOROSIS -> VeinSymptoms.chlorosis(sheet, severity, rng);
            case SCORCH -> VeinSymptoms.scorch(sheet, severity, rng);
        }
    }

    /** Dead or rusty tissue: orange, red-brown, brown, grey-brown, near black, straw. */
    static Colour dead(Rng rng) {
        float hue = rng.range(0.03f, 0.115f);
        return Colour.hsv(hue, rng.range(0.25f, 0.85f), rng.range(0.2f, 0.68f));
    }

    /** Yellowed tissue, from lime to straw. */
    static Colour yellow(Rng rng) {
        return Colour.hsv(rng.range(0.13f, 0.21f), rng.range(0.35f, 0.8f), rng.range(0.62f, 0.92f));
    }

    /** Whitish: powder, empty tissue. */
    static Colour pale(Rng rng) {
        return Colour.hsv(rng.range(0.08f, 0.3f), rng.range(0.02f, 0.28f), rng.range(0.7f, 0.95f));
    }
}
