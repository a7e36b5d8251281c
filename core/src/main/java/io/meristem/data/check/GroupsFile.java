package io.meristem.data.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import io.meristem.Escape;
import java.util.ArrayList;
import java.util.List;

/** A table of groups for training: {@code path,group}, of the photos that must stay on one side. */
public final class GroupsFile {

    private static final CsvMapper MAPPER = CsvMapper.builder()
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .enable(CsvGenerator.Feature.STRICT_CHECK_FOR_QUOTING)
            .build();

    private GroupsFile() {}

    /** With a header line; groups are numbered, and photos that stand alone are left out. Paths count from the data folder and are cells of {@link Escape#cell}. */
    public static String text(CheckResult result) {
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"path", "group"});
        for (int g = 0; g < result.clusters().size(); g++) {
            for (String path : result.clusters().get(g)) {
                rows.add(new String[] {Escape.cell(path), "together-" + (g + 1)});
            }
        }
        try {
            return MAPPER.writeValueAsString(rows);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
