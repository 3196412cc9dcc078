package io.signalbox;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the direction of imports between the folders, and what only some of them may touch. */
class ArchitectureTest {
    private static final String ROOT = "io.signalbox";
    private static final String MAIN = "Main";

    /** From the top to the bottom: a folder may import those of lower lines, none of its own or a higher one. A star is any name. */
    private static final List<Set<String>> LINES = List.of(
            Set.of(MAIN),
            Set.of("api", "transport.*", "store.*", "cluster.*", "mail"),
            Set.of("transport"), // what the transports share
            Set.of("ingress"),
            Set.of("rules", "query"),
            Set.of("rpc", "telemetry", "identity", "registry", "audit", "presence", "events"),
            Set.of("session", "cluster"),
            Set.of("device", "payload", "config", "ops"));

    private static final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void importsPointDownwards() {
        Set<String> wrong = new TreeSet<>();
        for (JavaClass from : classes) {
            for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
                JavaClass to = dependency.getTargetClass().getBaseComponentType();
                if (isOurs(to) && !isAllowed(folder(from), folder(to))) {
                    wrong.add(from.getName() + " imports " + to.getName());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Main, api, true",
        "api, Main, false",
        "api, rpc, true",
        "api, store.sql, false",
        "transport.mqtt, transport.http, false",
        "transport.mqtt, ingress, true",
        "transport.mqtt, transport, true",
        "api, transport.http, false",
        "store.sql, telemetry, true",
        "store.sql, query, true",
        "query, telemetry, true",
        "rpc, store.sql, false",
        "rpc, telemetry, false",
        "rpc, rpc, true",
        "telemetry, session, true",
        "session, cluster, false",
        "cluster.single, cluster, true",
        "cluster, cluster.single, false",
        "ops, payload, false",
    })
    void arrowsAsDrawn(String from, String to, boolean isAllowed) {
        assertThat(isAllowed(from, to)).isEqualTo(isAllowed);
    }

    @Test
    void timeComesFromMain() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(ROOT + "." + MAIN)
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .because("code that is given its time can be tested in any order of events")
                .check(classes);
    }

    @Test
    void onlyMainAndConfigPrint() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(ROOT + "." + MAIN)
                .and()
                .resideOutsideOfPackage(ROOT + ".config..")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .because("everything else logs")
                .check(classes);
    }

    @Test
    void onlyTheStoreKnowsSql() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".store..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite..")
                .because("SQL blocks, event loops must not, and features see ports only")
                .check(classes);
    }

    @Test
    void featuresKnowNoNetwork() {
        noClasses()
                .that()
                .resideInAnyPackage(List.of(
                                "rules",
                                "query",
                                "rpc",
                                "telemetry",
                                "identity",
                                "registry",
                                "audit",
                                "presence",
                                "events",
                                "device",
                                "payload",
                                "config")
                        .stream()
                        .map(folder -> ROOT + "." + folder + "..")
                        .toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "io.vertx..")
                .because("they run in tests without a socket")
                .allowEmptyShould(true)
                .check(classes);
    }

    private static boolean isAllowed(String from, String to) {
        return from.equals(to) || line(from) < line(to);
    }

    private static int line(String folder) {
        String any = folder.replaceFirst("\\..*", ".*");
        for (int line = 0; line < LINES.size(); line++) {
            if (LINES.get(line).contains(any)) {
                return line;
            }
        }
        throw new AssertionError(
                "folder " + folder + " stands on no line: give it one, here and in docs/ARCHITECTURE.md");
    }

    /** {@code rpc} of {@code io.signalbox.rpc}, {@code transport.mqtt} of {@code io.signalbox.transport.mqtt.codec}. */
    private static String folder(JavaClass type) {
        String name = type.getPackageName();
        if (name.equals(ROOT)) {
            return MAIN;
        }
        String[] parts = name.substring(ROOT.length() + 1).split("\\.", -1);
        boolean isGroup =
                parts.length > 1 && Set.of("transport", "store", "cluster").contains(parts[0]);
        return isGroup ? parts[0] + "." + parts[1] : parts[0];
    }

    private static boolean isOurs(JavaClass type) {
        return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
    }
}
