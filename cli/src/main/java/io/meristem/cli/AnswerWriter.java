package io.meristem.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import io.meristem.Escape;
import io.meristem.artifact.Json;
import io.meristem.predict.Answer;
import io.meristem.predict.Guess;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Prints answers, each as soon as it is known. */
abstract class AnswerWriter {

    /** How answers are printed. */
    enum Format {
        TABLE,
        CSV,
        JSONL
    }

    final PrintWriter out;

    private AnswerWriter(PrintWriter out) {
        this.out = out;
    }

    /** Before the first answer. */
    void begin() {}

    /** Whether a photo that could not be read has a line of its own here; otherwise it is told on standard error. */
    boolean takesProblems() {
        return true;
    }

    abstract void print(Answer answer);

    /**
     * @param top how many classes are named
     * @param known photos, as far as they are
     * @param unsure whether answers may be withheld
     */
    static AnswerWriter of(
            Format format, PrintWriter out, List<String> classes, int top, List<Path> known, boolean unsure) {
        return switch (format) {
            case TABLE -> new Aligned(out, classes, known, unsure);
            case CSV -> new Csv(out, Math.min(top, classes.size()));
            case JSONL -> new Lines(out);
        };
    }

    private static final class Lines extends AnswerWriter {

        Lines(PrintWriter out) {
            super(out);
        }

        @Override
        void print(Answer answer) {
            out.println(Json.line(answer));
        }
    }

    private static final class Csv extends AnswerWriter {

        private static final CsvMapper MAPPER = CsvMapper.builder()
                .enable(CsvGenerator.Feature.STRICT_CHECK_FOR_QUOTING)
                .build();

        private final int top;

        Csv(PrintWriter out, int top) {
            super(out);
            this.top = top;
        }

        @Override
        void begin() {
            List<String> header = new ArrayList<>(List.of("photo", "answer"));
            for (int i = 1; i <= top; i++) {
                header.add("class_" + i);
                header.add("probability_" + i);
            }
            header.add("problem");
            print(header);
        }

        @Override
        void print(Answer answer) {
            List<String> row =
                    new ArrayList<>(List.of(Escape.cell(answer.photo().toString())));
            row.add(answer.problem() == null ? Escape.cell(answer.name()) : "");
            for (int i = 0; i < top; i++) {
                boolean some = i < answer.guesses().size();
                row.add(some ? Escape.cell(answer.guesses().get(i).name()) : "");
                row.add(some ? Float.toString((float) answer.guesses().get(i).probability()) : "");
            }
            row.add(answer.problem() == null ? "" : Escape.cell(answer.problem()));
            print(row);
        }

        private void print(List<String> row) {
            try {
                out.print(MAPPER.writeValueAsString(row.toArray(String[]::new)));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Photos and classes under each other, as far as their lengths are known before. */
    private static final class Aligned extends AnswerWriter {

        /** Longer paths move their own line only. */
        private static final int WIDEST = 60;

        private final int photo;
        private final int name;
        private final boolean unsure;

        Aligned(PrintWriter out, List<String> classes, List<Path> known, boolean unsure) {
            super(out);
            this.photo = Math.max(1, width(known.stream().map(Path::toString).toList(), WIDEST));
            this.name = Math.max(1, Math.max(unsure ? Answer.UNSURE.length() : 0, width(classes, WIDEST)));
            this.unsure = unsure;
        }

        private static int width(List<String> texts, int most) {
            return texts.stream()
                    .map(Escape::line)
                    .mapToInt(String::length)
                    .filter(n -> n <= most)
                    .max()
                    .orElse(1);
        }

        @Override
        boolean takesProblems() {
            return false;
        }

        @Override
        void print(Answer answer) {
            StringBuilder line = new StringBuilder(padded(answer.photo().toString(), photo));
            if (unsure) {
                line.append("  ").append(padded(answer.unsure() ? Answer.UNSURE : answer.name(), name));
            }
            IntStream.range(0, answer.guesses().size()).forEach(i -> {
                Guess guess = answer.guesses().get(i);
                line.append("  ")
                        .append(padded(guess.name(), name))
                        .append(String.format(Locale.ROOT, " %5.1f %%", 100 * guess.probability()));
            });
            out.println(line);
        }

        private static String padded(String text, int width) {
            String shown = Escape.line(text);
            return shown + " ".repeat(Math.max(0, width - shown.length()));
        }
    }
}
