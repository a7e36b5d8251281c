package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.testing.Hostile;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

/** Photos from strangers; the target runs alone when it fuzzes. */
class PhotoFuzzTest {

    @BeforeAll
    static void loadClasses() throws Exception {
        Hostile.loadClasses(PhotoFuzzTest.class, "photo", PhotoFuzzTest::decode);
    }

    @FuzzTest(maxDuration = "10m")
    void photo(byte[] data) {
        assertNotNull(data);
        Hostile.read("photo", () -> decode(data));
    }

    private static void decode(byte[] data) throws UnreadableImageException {
        RgbImage image = ImageDecoder.decode(data, Path.of("x.jpg"));
        assertEquals(3 * image.width() * image.height(), image.rgb().length);
    }
}
