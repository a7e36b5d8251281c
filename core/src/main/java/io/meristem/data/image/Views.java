package io.meristem.data.image;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.data.image.View.Place;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Test-time augmentation: views of each photo whose probabilities are averaged. */
@SuppressWarnings("ImmutableEnumChecker") // the list is a copy that nobody can change
public enum Views {
    /** The centre alone. */
    ONE(false, false, false),
    /** And its mirror image. */
    MIRROR(false, true, false),
    /** The centre in its four mirrorings: as it is, left-right, top-bottom, both. */
    FLIPS(false, true, true),
    /** The centre and the four corners of the scaled photo, as torchvision's FiveCrop. */
    CROPS(true, false, false),
    /** These and their mirror images, as torchvision's TenCrop. */
    TEN(true, true, false);

    private final List<View> list;

    Views(boolean corners, boolean mirrored, boolean upsideDown) {
        List<View> views = new ArrayList<>();
        for (boolean vertical : upsideDown ? new boolean[] {false, true} : new boolean[] {false}) {
            for (boolean horizontal : mirrored ? new boolean[] {false, true} : new boolean[] {false}) {
                Arrays.stream(corners ? Place.values() : new Place[] {Place.CENTRE})
                        .map(place -> new View(place, horizontal, vertical))
                        .forEach(views::add);
            }
        }
        this.list = List.copyOf(views);
    }

    /** The centre as it is comes first. */
    public List<View> list() {
        return list;
    }

    /** @throws InputException when photos prepared like this have no corners beside the centre */
    public void requireFit(Preprocess preprocess) {
        if ((this == CROPS || this == TEN) && preprocess.shortSide() == preprocess.size()) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "The network sees photos whole, so that there are no corners to crop: choose mirror or flips for %s.",
                    Setting.VIEWS);
        }
    }

    /**
     * Writes all views of a photo, one after another.
     *
     * @param scaled from {@link Preprocess#scaled(RgbImage)}
     * @param out (views, size, size, 3) of normalised floats from the absolute position {@code at} on
     */
    public void write(RgbImage scaled, Preprocess preprocess, FloatBuffer out, int at) {
        Normalizer normalizer = new Normalizer(preprocess);
        int next = at;
        for (View view : list) {
            normalizer.write(scaled, view, out, next);
            next += preprocess.length();
        }
    }
}
