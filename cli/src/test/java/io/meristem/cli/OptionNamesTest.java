package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.Action;
import io.meristem.Message;
import io.meristem.Setting;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** What the command line says of settings and jobs can be typed. */
class OptionNamesTest {

    private static Set<String> options(CommandLine command) {
        Set<String> names = new HashSet<>(command.getCommandSpec().optionsMap().keySet());
        command.getSubcommands().values().forEach(sub -> names.addAll(options(sub)));
        return names;
    }

    @ParameterizedTest
    @EnumSource
    void everySettingIsAnOption(Setting setting) {
        String option = OptionNames.option(setting);
        assertTrue(options(Main.commandLine()).contains(option), option);
    }

    @ParameterizedTest
    @EnumSource
    void everyActionIsACommand(Action action) {
        CommandLine command = Main.commandLine();
        for (String word : OptionNames.command(action).split(" ")) {
            if (word.startsWith("--")) {
                assertTrue(command.getCommandSpec().optionsMap().containsKey(word), word);
            } else {
                command = command.getSubcommands().get(word);
                assertTrue(command != null, word);
            }
        }
    }

    @Test
    void sentencesNameWhatCanBeTyped() {
        assertEquals(
                "use --batch 16 or less, --checkpointing, or leave --lr out",
                OptionNames.PLAIN.text(Message.of(
                        "use %s or less, %s, or leave %s out",
                        Setting.BATCH_SIZE.as(16), Setting.CHECKPOINTING, Setting.RATE.the())));
        assertEquals(
                "resume it with 'meristem train --resume a/run', or run 'meristem weights pull --renew tiny --tag x'",
                OptionNames.PLAIN.text(Message.of(
                        "%s, or %s",
                        Action.RESUME.with(Path.of("a/run")), Action.RENEW_WEIGHTS.with("tiny", Setting.TAG.as("x")))));
        assertEquals(
                "`meristem export --format merged`",
                OptionNames.MARKDOWN.text(Message.of("%s", Action.EXPORT.with(Setting.FORMAT.as("merged")))));
    }
}
