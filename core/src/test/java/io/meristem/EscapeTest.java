package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.artifact.Json;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EscapeTest {

    private static final String CHARACTERS =
            "ab '=+-@\t\r\n\\u0041\u001b\u009b\u202e\u2066\u200b\ufeff\ud800\udc00\"`,|<>é葉";

    private static String random(long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(9); n > 0; n--) {
            text.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
        }
        return text.toString();
    }

    private static boolean safe(String text) {
        return text.chars().noneMatch(c -> Escape.steers((char) c));
    }

    @Test
    void whatSteersATerminalIsShownAsAnEscape() {
        assertEquals("esc\\u001b]0;X\\u0007", Escape.line("esc\u001b]0;X\u0007"));
        assertEquals("new\\u000aline", Escape.line("new\nline"));
        assertEquals("new\nline\\u009b", Escape.text("new\nline\u009b"));
        assertEquals("windows\r\nline\\u000d.", Escape.text("windows\r\nline\r."));
        assertEquals("\\u202egnp.exe", Escape.line("\u202egnp.exe"));
        assertEquals("\\ud800", Escape.line("\ud800"));
        assertEquals("葉 😀 Blä", Escape.line("葉 😀 Blä"));
        assertEquals("C:\\users\\u0041", Escape.line("C:\\users\\u0041"));
    }

    @Test
    void tagsHideNothing() {
        String hidden = "rust\udb40\udc41\udb40\udc7f";
        assertEquals("rust\\udb40\\udc41\\udb40\\udc7f", Escape.line(hidden));
        assertEquals("\"rust\\U000e0041\\U000e007f\"", Escape.python(hidden));
        assertEquals(hidden, Escape.fromCell(Escape.cell(hidden)));
        assertEquals("a\\u034fb", Escape.line("a\u034fb"));
        assertEquals("\ud835\udd38", Escape.line("\ud835\udd38"), "a letter of two halves stays");
    }

    @ParameterizedTest
    @ValueSource(strings = {"=cmd()", "+1", "-1+2", "@x", "\tx", "\rx", "'=x", "''-x"})
    void aCellIsNoFormulaAndReadsAsItWas(String text) {
        assertTrue(Escape.cell(text).startsWith("'"), Escape.cell(text));
        assertEquals(text, Escape.fromCell(Escape.cell(text)));
    }

    @Test
    void aCellThatIsNoFormulaStaysAsItIs() {
        for (String text : new String[] {"rust", "it's", "'quoted'", "a=b", "C:\\photos\\users", ""}) {
            assertEquals(text, Escape.cell(text));
            assertEquals(text, Escape.fromCell(text));
        }
        assertEquals("\\u005cu0041", Escape.cell("\\u0041"));
    }

    @Test
    void anyTextComesBackFromACellAndFromJson() throws Exception {
        for (long seed = 0; seed < 20_000; seed++) {
            String text = random(seed);
            String cell = Escape.cell(text);
            assertEquals(text, Escape.fromCell(cell), cell);
            assertTrue(safe(cell), cell);
            assertFalse(cell.matches("[=+\\-@].*"), cell);
            assertTrue(safe(Escape.line(text)));
            assertTrue(safe(Json.line(text)));
            assertEquals(text, new ObjectMapper().readValue(Json.line(text), String.class));
            // Of strings with these escapes JSON and Python read the same.
            assertEquals(text, new ObjectMapper().readValue(Escape.python(text), String.class));
            assertTrue(safe(Escape.markdown(text)));
        }
    }

    @Test
    void aWordStaysOneWordOfAShell() {
        assertEquals("leaf-2.onnx", Escape.word("leaf-2.onnx"));
        assertEquals("Blätter/µ", Escape.word("Blätter/µ"));
        assertEquals("'my leaf'", Escape.word("my leaf"));
        assertEquals("'$(rm -r x)'", Escape.word("$(rm -r x)"));
        assertEquals("'it'\\''s'", Escape.word("it's"));
        assertEquals("'-x'", Escape.word("-x"));
        assertEquals("''", Escape.word(""));
    }

    @Test
    void markdownAndPythonKeepWhatIsPutIntoThem() {
        assertEquals("\\<script\\>\\|\\`x\\`", Escape.markdown("<script>|`x`"));
        assertEquals("apple_scab", Escape.markdown("apple_scab"));
        assertEquals("\"a\\\"\\\"\\\"b\\u0060\\u0060\\u0060\\\\n\"", Escape.python("a\"\"\"b```\\n"));
    }
}
