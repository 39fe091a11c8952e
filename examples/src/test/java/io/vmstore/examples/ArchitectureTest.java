package io.vmstore.examples;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.vmstore.testkit.scale.Scale;
import io.vmstore.testkit.simulator.Simulate;
import java.util.Set;
import java.util.stream.Collectors;

/** Imports go one way, as docs/architecture.md draws them; this module sees all the others. */
@AnalyzeClasses(packages = "io.vmstore", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String[] API = {
    "io.vmstore",
    "io.vmstore.desired",
    "io.vmstore.managed",
    "io.vmstore.model",
    "io.vmstore.error",
    "io.vmstore.spi"
  };
  private static final String[] ADAPTERS = {
    "io.vmstore.zfs..", "io.vmstore.iscsi..", "io.vmstore.amqp..", "io.vmstore.local.."
  };

  @ArchTest
  static void everyModuleShouldBeLookedAt(JavaClasses all) {
    Set<String> seen =
        all.stream()
            .map(JavaClass::getPackageName)
            .map(name -> name.replaceFirst("^io\\.vmstore\\.?([a-z]*).*", "$1"))
            .collect(Collectors.toSet());
    assertThat(seen)
        .contains(
            "", "managed", "model", "error", "spi", "core", "exec", "zfs", "iscsi", "amqp", "local")
        .contains("testkit", "examples");
  }

  @ArchTest
  static final ArchRule API_NEEDS_NOTHING =
      classes()
          .that(resideInAnyPackage(API))
          .should(
              onlyDependOnClassesThat(
                  resideInAnyPackage(API)
                      .or(resideInAnyPackage("java..", "org.jspecify.annotations"))));

  @ArchTest
  static final ArchRule API_IS_LAYERED =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("desired states")
          .definedBy("io.vmstore.desired")
          .layer("services")
          .definedBy("io.vmstore")
          .layer("ports")
          .definedBy("io.vmstore.spi")
          .layer("managed")
          .definedBy("io.vmstore.managed")
          .layer("values")
          .definedBy("io.vmstore.model")
          .layer("errors")
          .definedBy("io.vmstore.error")
          .whereLayer("desired states")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("services")
          .mayOnlyBeAccessedByLayers("desired states")
          .whereLayer("ports")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("managed")
          .mayOnlyBeAccessedByLayers("desired states", "services", "ports")
          .whereLayer("values")
          .mayOnlyBeAccessedByLayers("desired states", "services", "ports", "managed");

  @ArchTest
  static final ArchRule CORE_IS_LAYERED =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("assembly")
          .definedBy("io.vmstore.core")
          .layer("roles")
          .definedBy(
              resideInAPackage("io.vmstore.core..")
                  .and(
                      DescribedPredicate.not(
                          resideInAnyPackage(
                              "io.vmstore.core", "io.vmstore.core.flow", "io.vmstore.core.json"))))
          .layer("tools")
          .definedBy("io.vmstore.core.flow", "io.vmstore.core.json")
          .whereLayer("assembly")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("roles")
          .mayOnlyBeAccessedByLayers("assembly");

  @ArchTest
  static final ArchRule CORE_SIBLINGS_DO_NOT_KNOW_EACH_OTHER =
      slices()
          .matching("io.vmstore.core.(*)..")
          .should()
          .notDependOnEachOther()
          .ignoreDependency(
              DescribedPredicate.alwaysTrue(),
              resideInAnyPackage("io.vmstore.core.flow", "io.vmstore.core.json"));

  @ArchTest
  static final ArchRule CORE_KNOWS_NO_ADAPTER =
      classes()
          .that()
          .resideInAPackage("io.vmstore.core..")
          .should(
              onlyDependOnClassesThat(
                  resideInAnyPackage(API)
                      .or(
                          resideInAnyPackage(
                              "io.vmstore.core..",
                              "java..",
                              "org.jspecify.annotations",
                              "com.fasterxml.jackson..",
                              "org.slf4j"))));

  @ArchTest
  static final ArchRule EXEC_KNOWS_THE_API_ONLY =
      noClasses()
          .that()
          .resideInAPackage("io.vmstore.exec..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.vmstore..")
                  .and(
                      DescribedPredicate.not(
                          resideInAnyPackage(API).or(resideInAPackage("io.vmstore.exec..")))));

  @ArchTest
  static final ArchRule ADAPTERS_KNOW_THE_API_AND_EXEC_ONLY =
      noClasses()
          .that()
          .resideInAnyPackage(ADAPTERS)
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.vmstore..")
                  .and(
                      DescribedPredicate.not(
                          resideInAnyPackage(API)
                              .or(resideInAnyPackage("io.vmstore.exec"))
                              .or(resideInAnyPackage(ADAPTERS)))));

  @ArchTest
  static final ArchRule ADAPTERS_DO_NOT_KNOW_EACH_OTHER =
      slices().matching("io.vmstore.(zfs|iscsi|amqp|local)..").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule AMQP_RUNS_NO_PROGRAM =
      noClasses()
          .that()
          .resideInAPackage("io.vmstore.amqp..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.vmstore.exec..");

  @ArchTest
  static final ArchRule NOBODY_KNOWS_THE_EXAMPLES =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.vmstore.examples..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.vmstore.examples..");

  @ArchTest
  static final ArchRule ONLY_QUICKSTART_AND_BENCHMARKS_USE_THE_TESTKIT =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.vmstore.testkit..", "io.vmstore.examples.quickstart", "io.vmstore.examples.bench")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.vmstore.testkit..");

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLE =
      slices().matching("io.(**)").should().beFreeOfCycles();

  /** The implementation and its configuration; what an adapter does inside is its own. */
  @ArchTest
  static void adaptersShouldShowLittle(JavaClasses all) {
    Set<String> shown =
        all.stream()
            .filter(resideInAnyPackage(ADAPTERS))
            .filter(
                type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
            .map(JavaClass::getSimpleName)
            .collect(Collectors.toSet());
    assertThat(shown)
        .containsExactlyInAnyOrder(
            "ZfsZvolManager",
            "ZfsConfig",
            "StateDatasets",
            "LioTargetExporter",
            "LioConfig",
            "OpenIscsiTargetConnector",
            "OpenIscsiConfig",
            "OpenIscsiVolumeConnector",
            "OpenIscsiVolumeConfig",
            "AmqpTransport",
            "AmqpConfig",
            "LocalStorage",
            "LocalConfig");
  }

  @ArchTest
  static final ArchRule NOBODY_LOGS_WITH_THE_JDK = NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

  @ArchTest
  static void onlyCommandsShouldPrint(JavaClasses all) {
    DescribedPredicate<JavaClass> commands =
        resideInAPackage("io.vmstore.examples..").or(type(Simulate.class)).or(type(Scale.class));
    NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(all.that(DescribedPredicate.not(commands)));
  }
}
