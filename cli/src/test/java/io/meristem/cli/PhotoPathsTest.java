package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One name among many that is wrong does not stop the others. */
class PhotoPathsTest {

    @TempDir
    Path place;

    @Test
    void aMissingFileIsOneOfTheAnswers() throws IOException {
        Path there = Files.createFile(place.resolve("a.jpg"));
        Path gone = place.resolve("gone.jpg");
        Path link = Files.createSymbolicLink(place.resolve("link.jpg"), Path.of("nowhere.jpg"));
        PhotoPaths paths = PhotoPaths.of(List.of(gone.toString(), there.toString(), link.toString()));
        assertEquals(List.of(gone, there, link), paths.known());
        assertEquals(List.of(), paths.notes());
        InputException e = assertThrows(InputException.class, () -> PhotoPaths.of(List.of(gone.toString())));
        assertTrue(e.getMessage().startsWith("There is no photo "), e.getMessage());
    }

    @Test
    void anEmptyFolderAndAPatternOfNothingAreSaid() throws IOException {
        Path there = Files.createFile(place.resolve("a.jpg"));
        Path empty = Files.createDirectory(place.resolve("empty"));
        PhotoPaths paths = PhotoPaths.of(List.of(empty.toString(), place + "/*.gif", there.toString()));
        assertEquals(List.of(there), paths.known());
        assertEquals(2, paths.notes().size());
        assertTrue(
                paths.notes().get(0).startsWith("There are no photos in "),
                paths.notes().toString());
        assertTrue(
                paths.notes().get(1).startsWith("No photo matches "),
                paths.notes().toString());
        assertThrows(InputException.class, () -> PhotoPaths.of(List.of(empty.toString(), place + "/*.gif")));
    }
}
