package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class MethodScopeTest {

    /** Options are compared by their longest names. */
    @Test
    void itsOptionsAreThoseOfTheCommand() {
        TreeSet<String> unknown = new TreeSet<>(MethodScope.options());
        new CommandLine(new TrainCommand())
                .getCommandSpec().options().stream()
                        .map(OptionSpec::longestName)
                        .forEach(unknown::remove);
        assertEquals(new TreeSet<>(), unknown);
    }

    @Test
    void thePresetNamesTheMethodThatNobodyNames() {
        assertEquals(MethodOptions.Name.DRA, method());
        assertEquals(MethodOptions.Name.DRA, method("--preset", "paper"));
        assertEquals(MethodOptions.Name.FULL, method("--preset", "paper", "--method", "full"));
    }

    private static MethodOptions.Name method(String... options) {
        TrainCommand train = new TrainCommand();
        new CommandLine(train).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(options);
        return train.method.name();
    }
}
