package io.meristem.artifact;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.InputTable;
import io.meristem.Names;
import io.meristem.Setting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers photo by photo as CSV: {@code side,path,true,predicted}, then one column {@code p(<class>)} for each class in label order. Paths and
 * classes are cells of {@link Escape#cell}.
 */
public final class PredictionTable {

    private static final List<String> FIXED = List.of("side", "path", "true", "predicted");

    private static final CsvMapper MAPPER = CsvMapper.builder()
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .enable(CsvGenerator.Feature.STRICT_CHECK_FOR_QUOTING)
            .build();

    private PredictionTable() {}

    /** With a header line, even when there are no answers. */
    public static String text(List<String> classes, List<PhotoAnswer> answers) {
        List<String[]> rows = new ArrayList<>();
        rows.add(header(classes));
        for (PhotoAnswer answer : answers) {
            String[] row = new String[FIXED.size() + classes.size()];
            row[0] = answer.side();
            row[1] = Escape.cell(answer.path());
            row[2] = Escape.cell(classes.get(answer.label()));
            row[3] = Escape.cell(classes.get(answer.predicted()));
            for (int c = 0; c < classes.size(); c++) {
                row[FIXED.size() + c] = Float.toString(answer.probabilities()[c]);
            }
            rows.add(row);
        }
        try {
            return MAPPER.writeValueAsString(rows);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * @param classes in label order
     * @throws InputException when the file is not such a table of these classes
     */
    public static List<PhotoAnswer> read(Path file, List<String> classes) {
        try (InputTable table = InputTable.ours(file)) {
            if (!cells(table.columns()).equals(cells(List.of(header(classes))))) {
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "%s is no table of predictions of this run's classes, its header line says so: restore it, or make it anew with %s.",
                        file,
                        Action.EVALUATE.with(Setting.PREDICTIONS));
            }
            List<PhotoAnswer> answers = new ArrayList<>();
            for (String[] row = table.next(); row != null; row = table.next()) {
                answers.add(answer(table, row, classes));
            }
            return answers;
        } catch (IOException | RuntimeException e) {
            if (e instanceof InputException known) {
                throw known;
            }
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s cannot be read as a table of predictions (%s): restore it, or make it anew with %s.",
                    file,
                    e instanceof IOException ? e.getMessage() : e.getClass().getSimpleName(),
                    Action.EVALUATE.with(Setting.PREDICTIONS));
        }
    }

    private static String[] header(List<String> classes) {
        List<String> names = new ArrayList<>(FIXED);
        classes.forEach(name -> names.add(Escape.cell("p(" + name + ")")));
        return names.toArray(String[]::new);
    }

    /** Names as they are compared: archives change their Unicode form, and the parser takes blanks away at their beginning. */
    private static List<String> normal(List<String> names) {
        return names.stream().map(name -> Names.nfc(name).strip()).toList();
    }

    /** The same of cells. */
    private static List<String> cells(List<String> cells) {
        return normal(cells.stream().map(Escape::fromCell).toList());
    }

    private static PhotoAnswer answer(InputTable table, String[] row, List<String> classes) {
        float[] probabilities = new float[classes.size()];
        for (int c = 0; c < probabilities.length; c++) {
            probabilities[c] = table.number(row[FIXED.size() + c]);
            if (!(probabilities[c] >= 0 && probabilities[c] <= 1)) {
                throw new IllegalArgumentException("no probability");
            }
        }
        int label = normal(classes).indexOf(Names.nfc(Escape.fromCell(row[2])).strip());
        if (label < 0) {
            throw new IllegalArgumentException("unknown class");
        }
        return new PhotoAnswer(row[0], Escape.fromCell(row[1]), label, probabilities);
    }
}
