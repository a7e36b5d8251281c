package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HeatmapNamesTest {

    private static List<String> names(String... photos) {
        return HeatmapNames.of(Stream.of(photos).map(Path::of).toList()).stream()
                .map(Path::toString)
                .toList();
    }

    @Test
    void photosOfOneFolderLieSideBySide() {
        assertEquals(List.of("a.heatmap.jpg", "b.heatmap.png"), names("in/a.JPG", "in/b.png"));
        assertEquals(List.of("leaf.heatmap.jpg"), names("leaf.jpg"));
    }

    @Test
    void photosOfSeveralFoldersKeepThem() {
        assertEquals(
                List.of("rust/1.heatmap.jpg", "miner/1.heatmap.jpg", "2.heatmap.jpg"),
                names("in/rust/1.jpg", "in/x/../miner/1.jpg", "in/2.jpg"));
    }

    @Test
    void namesThatWouldMeetKeepTheirEnding() {
        assertEquals(
                List.of("a.jpg.heatmap.jpg", "A.bmp.heatmap.jpg", "a.heatmap.png", "c.heatmap.jpg"),
                names("a.jpg", "A.bmp", "a.png", "c.jpg"));
        assertEquals(List.of("a.heatmap.jpg", "a.heatmap.jpg"), names("a.jpg", "./a.jpg"), "one photo, one picture");
    }
}
