package io.meristem.synth;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What the drawings may use: docs/architecture.md. */
class ArchitectureTest {

    private static final JavaClasses SYNTH = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.meristem.synth");

    /** No engine, and no mathematics of the platform: a drawing is the same on every machine. */
    @Test
    void drawingsNeedPicturesAndFoldersOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.meristem",
                        "io.meristem.synth",
                        "io.meristem.data.image",
                        "io.meristem.data.folder",
                        "java.awt..",
                        "java.io",
                        "java.lang..",
                        "java.nio..",
                        "java.util..")
                .check(SYNTH);
    }

    @Test
    void nothingPrints() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(SYNTH);
    }
}
