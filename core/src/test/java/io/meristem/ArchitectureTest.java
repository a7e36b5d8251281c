package io.meristem;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.meristem.engine.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rooms of the house and who may enter which: docs/architecture.md. */
class ArchitectureTest {

    /** Each room may use those before it; the root package is free for all. */
    private static final List<String> ROOMS = List.of(
            "engine",
            "workers",
            "kernel",
            "op",
            "graph",
            "zoo",
            "execute",
            "weights",
            "adapter",
            "rank",
            "data.image",
            "data.folder",
            "data.feed",
            "data.check",
            "eval",
            "tune",
            "explain",
            "artifact",
            "predict",
            "exchange",
            "job",
            "study",
            "report");

    /** These use less than their place in the order allows: the engine, and rooms whose names begin with theirs. */
    private static final List<String> ENGINE_ONLY = List.of("data", "eval");

    private static JavaClasses core;

    @BeforeAll
    static void read() {
        core = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.meristem");
    }

    static List<String> rooms() {
        return ROOMS;
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void noRoomUsesALaterOne(String room) {
        List<String> forbidden = new ArrayList<>(ROOMS);
        List<String> allowed = ROOMS.subList(0, ROOMS.indexOf(room) + 1);
        String house = room.split("\\.")[0];
        forbidden.removeIf(other -> allowed.contains(other)
                && (!ENGINE_ONLY.contains(house) || other.equals("engine") || other.startsWith(house)));
        String[] packages =
                forbidden.stream().map(r -> "io.meristem." + r + "..").toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage("io.meristem." + room + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages)
                .allowEmptyShould(true)
                .check(core);
    }

    @Test
    void everyClassHasARoom() {
        for (JavaClass type : core) {
            String name = type.getPackageName() + ".";
            assertTrue(
                    name.equals("io.meristem.")
                            || ROOMS.stream().anyMatch(room -> name.startsWith("io.meristem." + room + ".")),
                    type.getName() + " is in no room of the list");
        }
    }

    @Test
    void theRootUsesNoRoom() {
        noClasses()
                .that()
                .resideInAPackage("io.meristem")
                .and()
                .doNotBelongToAnyOf(Meristem.class)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.meristem.*..")
                .check(core);
    }

    @Test
    void nobodyInsideUsesTheFrontDoor() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(Meristem.class)
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Meristem.class)
                .check(core);
    }

    @Test
    void roomsFormNoCycles() {
        slices().matching("io.meristem.(*)..").should().beFreeOfCycles().check(core);
        slices().matching("io.meristem.data.(*)..").should().beFreeOfCycles().check(core);
    }

    @Test
    void picturesAreDecodedInOneRoom() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.meristem.data.image..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.awt..", "javax.imageio..")
                .check(core);
    }

    @Test
    void theLibraryDoesNotPrint() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(core);
        noClasses()
                .should()
                .callMethodWhere(target(nameMatching("printStackTrace")))
                .check(core);
    }

    @Test
    void threadsAndSeedsAreSetInOnePlace() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(Engine.class)
                .should()
                .callMethodWhere(
                        target(
                                nameMatching(
                                        "(init|lazy_init|set|blas_set)_num_(interop_)?threads|(cuda_|xpu_|mps_)?manual_seed(_all)?|setDeterministic.*")))
                .check(core);
    }

    /** Error Prone sees to the formats (pom.xml); this to what it has no rule for. */
    @Test
    void numbersAndWordsAreTheSameInEveryLocale() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Scanner")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.text\\.(?!Normalizer).*")
                .orShould()
                .callMethodWhere(target(nameMatching("getDefault")).and(target(owner(assignableTo(Locale.class)))))
                .check(core);
    }
}
