package io.meristem.exchange;

import java.util.OptionalDouble;

/** Pieces of the Python in model cards. */
public final class PythonCode {

    /** Defines {@code opened}: a photo as Meristem sees it. */
    public static final String OPENED =
            """
            def opened(file):
                \"""The photo upright, as RGB, with white behind what is transparent.\"""
                photo = ImageOps.exif_transpose(Image.open(file))
                if photo.mode in ("RGBA", "LA", "PA") or "transparency" in photo.info:
                    photo = photo.convert("RGBA")
                    photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo)
                return photo.convert("RGB")
            """;

    private PythonCode() {}

    /** Lines that answer for one photo, where the card has defined {@code preprocess}, {@code classes} and {@code opened}, and {@code model} is ready. */
    static String answer(OptionalDouble temperature) {
        // One of 1 changes nothing, and stands where too few photos were there to fit another.
        boolean cooled = temperature.isPresent() && temperature.getAsDouble() != 1;
        return "with torch.no_grad():\n"
                + "    logits = model(preprocess(opened(\"leaf.jpg\"))[None])\n"
                + "probabilities = torch.softmax(logits"
                + (cooled ? " / " + temperature.getAsDouble() : "")
                + ", dim=1)[0]"
                + (cooled ? "  # divided by the temperature: calibrated" : "")
                + "\nprint(classes[probabilities.argmax()], float(probabilities.max()))";
    }
}
