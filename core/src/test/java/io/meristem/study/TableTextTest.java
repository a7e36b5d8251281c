package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.artifact.Json;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTextTest {

    private static final ResultTable PLAIN = new ResultTable(
            "table9",
            "A title",
            "What it is.",
            List.of("model", "accuracy %"),
            List.of(List.of("mobilenet_v2", "93.25 ± 0.40 (n=2)"), List.of("alexnet", "–")),
            List.of("1 of 3 runs is finished."),
            null);

    private static final ResultTable NASTY = new ResultTable(
            "nasty",
            "100 % of _it_",
            "",
            List.of("a|b", "c,d"),
            List.of(List.of("x\\y {z} $5 & #1 ~^", "say \"hi\"\nthere"), List.of("<b>*bold*</b>", "[a](b) `c`")),
            List.of(),
            new Published("1.5 × as large", List.of("m"), List.of(Arrays.asList((String) null), List.of("0.15"))));

    @Test
    void markdown() {
        assertEquals(
                """
                ## A title

                What it is.

                | model | accuracy % |
                | --- | --- |
                | mobilenet_v2 | 93.25 ± 0.40 (n=2) |
                | alexnet | – |

                - 1 of 3 runs is finished.
                """,
                TableText.markdown(PLAIN));
        assertEquals(
                """
                ## 100 % of \\_it\\_

                | a\\|b | c,d |
                | --- | --- |
                | x\\\\y {z} $5 \\& \\#1 \\~^ | say "hi" there |
                | \\<b\\>\\*bold\\*\\</b\\> | \\[a\\](b) \\`c\\` |

                1.5 × as large

                | m |
                | --- |
                |  |
                | 0.15 |
                """,
                TableText.markdown(NASTY));
    }

    @Test
    void csv() {
        assertEquals("model,\"accuracy %\"\nmobilenet_v2,\"93.25 ± 0.40 (n=2)\"\nalexnet,–\n", TableText.csv(PLAIN));
        assertEquals(
                "a|b,\"c,d\"\n\"x\\y {z} $5 & #1 ~^\",\"say \"\"hi\"\"\\u000athere\"\n\"<b>*bold*</b>\",\"[a](b) `c`\"\n",
                TableText.csv(NASTY));
    }

    @Test
    void latex() {
        assertEquals(
                """
                \\begin{table}
                \\centering
                \\caption{A title. What it is.}
                \\label{tab:table9}
                \\begin{tabular}{ll}
                \\hline
                model & accuracy \\% \\\\
                \\hline
                mobilenet\\_v2 & 93.25 $\\pm$ 0.40 (n=2) \\\\
                alexnet & -- \\\\
                \\hline
                \\end{tabular}

                \\par\\footnotesize 1 of 3 runs is finished.
                \\end{table}
                """,
                TableText.latex(PLAIN));
        assertEquals(
                """
                \\begin{table}
                \\centering
                \\caption{100 \\% of \\_it\\_.}
                \\label{tab:nasty}
                \\begin{tabular}{ll}
                \\hline
                a\\textbar{}b & c,d \\\\
                \\hline
                x\\textbackslash{}y \\{z\\} \\$5 \\& \\#1 \\textasciitilde{}\\textasciicircum{} & say "hi" there \\\\
                \\textless{}b\\textgreater{}*bold*\\textless{}/b\\textgreater{} & [a](b) `c` \\\\
                \\hline
                \\end{tabular}
                \\end{table}

                \\begin{table}
                \\centering
                \\caption{1.5 $\\times$ as large}
                \\label{tab:nasty-published}
                \\begin{tabular}{l}
                \\hline
                m \\\\
                \\hline
                 \\\\
                0.15 \\\\
                \\hline
                \\end{tabular}
                \\end{table}
                """,
                TableText.latex(NASTY));
    }

    @Test
    void json() {
        JsonNode json = Json.tree(NASTY);
        assertEquals(
                List.of("id", "title", "caption", "columns", "rows", "notes", "published"),
                json.properties().stream().map(java.util.Map.Entry::getKey).toList());
        assertEquals("c,d", json.at("/columns/1").asText());
        assertEquals("0.15", json.at("/published/rows/1/0").asText());
        assertEquals("null", json.at("/published/rows/0/0").toString());
        assertEquals("null", Json.tree(PLAIN).get("published").toString());
    }

    @Test
    void raggedRowsAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new ResultTable("t", "", "", List.of("a", "b"), List.of(List.of("1")), List.of(), null));
    }

    @Test
    void cells() {
        assertEquals("–", TableNumbers.percent(List.of()));
        assertEquals("91.00 (n=1)", TableNumbers.percent(List.of(0.91)));
        assertEquals("92.00 ± 1.00 (n=3)", TableNumbers.percent(List.of(0.91, 0.92, 0.93)));
        assertEquals("0.9200 ± 0.0141 (n=2)", TableNumbers.share(List.of(0.91, 0.93)));
        assertEquals("0.41", TableNumbers.mib(List.of(0.4146, 0.4146)));
        assertEquals("0.45 ± 0.07 (n=2)", TableNumbers.mib(List.of(0.4, 0.5)));
        assertEquals("0.043", TableNumbers.mib(0.0431));
        assertEquals("0.00", TableNumbers.mib(0));
        assertEquals("2.5", TableNumbers.seconds(List.of(2.0, 3.0)));
    }
}
