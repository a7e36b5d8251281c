package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PerturbationsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '>',
            value = {
                "noise > noise:3",
                "all > noise:3 crop:3 jitter:3 rotation:3",
                "crop:5,noise:1 > crop:5 noise:1",
                "' Rotation : 2 - 4 , JITTER' > rotation:2 rotation:3 rotation:4 jitter:3",
                "all:4-5 > noise:4 noise:5 crop:4 crop:5 jitter:4 jitter:5 rotation:4 rotation:5",
                "noise:2,noise:1-3,noise > noise:2 noise:1 noise:3",
                "jitter:0 > jitter:0"
            })
    void namesAndLevels(String text, String expected) {
        Perturbations parsed = Perturbations.parse(text, 9);
        assertEquals(
                expected,
                String.join(
                        " ", parsed.list().stream().map(Perturbation::toString).toList()));
        assertEquals(9, parsed.seed());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '>',
            value = {
                "blur > 'blur'",
                "'' > ''",
                "noise, > ''",
                "noise;crop > 'noise;crop'",
                "noise 3 > 'noise 3'",
                "noise: > 'noise:'",
                "noise:6 > 'noise:6'",
                "crop:-1 > 'crop:-1'",
                "crop:12 > 'crop:12'",
                "jitter:high > 'jitter:high'",
                "noise:1,rotation:4-2 > 'rotation:4-2'",
                "rotation:2-9 > 'rotation:2-9'",
                "rotation:2-3-4 > 'rotation:2-3-4'",
                "all:2.5 > 'all:2.5'"
            },
            quoteCharacter = '"')
    void whatIsWrongIsNamed(String text, String named) {
        String given = text.equals("''") ? "" : text;
        InputException e = assertThrows(InputException.class, () -> Perturbations.parse(given, 0));
        assertTrue(e.getMessage().contains(named), e.getMessage());
        assertTrue(e.getMessage().endsWith(".") && e.getMessage().lines().count() == 1, e.getMessage());
    }

    @Test
    void noneIsEmpty() {
        assertTrue(Perturbations.NONE.isEmpty());
    }
}
