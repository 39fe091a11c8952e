package io.vmstore.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.amqp.AmqpConfig;
import io.vmstore.amqp.AmqpTransport;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.state.FileStateStore;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import io.vmstore.zfs.ZfsConfig;
import io.vmstore.zfs.ZfsZvolManager;
import io.vmstore.zfs.lio.LioConfig;
import io.vmstore.zfs.lio.LioTargetExporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Keeps the example in the README compiling: it is this file's region, word for word. */
class ReadmeExampleTest {
  private static final Path README = Path.of("../README.md");
  private static final Path SOURCE =
      Path.of("src/test/java/io/vmstore/examples/ReadmeExampleTest.java");
  private static final Pattern BLOCK = Pattern.compile("(?s)\n```java\n(.*?)\n```\n");
  private static final Pattern REGION =
      Pattern.compile("(?s)\n    // README begins\n(.*?)\n    // README ends\n");
  private static final int MOST_LINES = 15;

  static void example(String secret, Transport frontend) {
    // README begins
    AmqpConfig broker = AmqpConfig.builder("mq1", "vmstore-nas-nas1", secret).tls().build();
    PoolName tank = new PoolName("tank");
    NasNode.builder(new NodeName("nas1"), tank) // ZFS volumes, exported by the kernel over iSCSI
        .zvols(new ZfsZvolManager(ZfsConfig.of(Set.of(tank))))
        .exporter(new LioTargetExporter(LioConfig.of(List.of(Portal.parse("10.0.0.1")))))
        .store(FileStateStore.open(Path.of("/var/lib/vmstore")))
        .scheduler(SystemScheduler.create("nas1"))
        .start() // what was exported before comes back, broker or not
        .serve(AmqpTransport.connect(broker));

    NasService nas = VmStore.over(frontend).nas(new NodeName("nas1")); // its own connection
    ZvolName disk = ZvolName.parse("tank/vm-17");
    MapZvol request = new MapZvol(disk, new NodeName("compute1"), ByteSize.gibibytes(10));
    Mapping mapping = nas.mapZvol(request, CallOptions.within(Duration.ofSeconds(30))).join();
    // README ends
    assertThat(mapping.zvol()).isEqualTo(disk);
  }

  @Test
  void regionShouldBeShort() throws IOException {
    assertThat(region().lines()).hasSizeLessThanOrEqualTo(MOST_LINES);
  }

  @Test
  void readmeShouldShowTheRegion() throws IOException {
    Matcher block = BLOCK.matcher(Files.readString(README));
    assertThat(block.find()).as("a block ```java in the README").isTrue();
    assertThat(block.group(1)).isEqualTo(region());
  }

  private static String region() throws IOException {
    Matcher region = REGION.matcher(Files.readString(SOURCE));
    assertThat(region.find()).isTrue();
    return region.group(1).stripIndent();
  }
}
