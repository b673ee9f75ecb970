package org.potluck.tests.tidiness;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Dependencies point one way: network, dht, averaging, monitor, peer; and trainer, peer. */
class ArchitectureTest {
  private static JavaClasses potluck;

  @BeforeAll
  static void readClasses() {
    potluck =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.potluck");
  }

  @Test
  void dependenciesPointOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("org.potluck..")
        .withOptionalLayers(true)
        .layer("network")
        .definedBy("org.potluck.network..")
        .layer("dht")
        .definedBy("org.potluck.dht..")
        .layer("averaging")
        .definedBy("org.potluck.averaging..")
        .layer("trainer")
        .definedBy("org.potluck.trainer..")
        .layer("monitor")
        .definedBy("org.potluck.monitor..")
        .layer("peer")
        .definedBy("org.potluck.peer..")
        .layer("tests")
        .definedBy("org.potluck.tests..")
        .whereLayer("network")
        .mayOnlyBeAccessedByLayers("dht", "averaging", "monitor", "peer", "tests")
        .whereLayer("dht")
        .mayOnlyBeAccessedByLayers("averaging", "monitor", "peer", "tests")
        .whereLayer("averaging")
        .mayOnlyBeAccessedByLayers("monitor", "peer", "tests")
        .whereLayer("trainer")
        .mayOnlyBeAccessedByLayers("peer", "tests")
        .whereLayer("monitor")
        .mayOnlyBeAccessedByLayers("peer", "tests")
        .whereLayer("peer")
        .mayOnlyBeAccessedByLayers("tests")
        .check(potluck);
  }

  @Test
  void nettyStaysInsideLibp2p() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.potluck.network.libp2p..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.netty..")
        .check(potluck);
  }

  @Test
  void djlStaysInsideTheTrainer() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.potluck.trainer..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(potluck);
  }

  @Test
  void protocolLogicReadsNoClockOfItsOwn() {
    noClasses()
        .that()
        .resideInAnyPackage("org.potluck.dht..", "org.potluck.averaging..")
        .and()
        .resideOutsideOfPackage("..bench..")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .check(potluck);
  }

  @Test
  void namesAreTermsOfTheField() {
    classes()
        .that()
        .resideOutsideOfPackage("..proto..")
        .and()
        .areTopLevelClasses()
        .should()
        .haveNameNotMatching(".*(Impl|Util|Utils|Manager|Helper|Common)")
        .check(potluck);
  }
}
