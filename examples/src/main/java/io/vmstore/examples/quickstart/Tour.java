package io.vmstore.examples.quickstart;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/** What a frontend does with a volume in its life, and what it sees. */
final class Tour {
  private static final ZvolName ZVOL = ZvolName.parse("tank/vm-17");
  private static final ByteSize SIZE = ByteSize.mebibytes(64);
  private static final byte[] GREETING = "Hello from compute1".getBytes(StandardCharsets.UTF_8);

  private static final int COLUMN = 8;

  private final NasService nas;
  private final PrintStream out;

  Tour(NasService nas, PrintStream out) {
    this.nas = nas;
    this.out = out;
  }

  void run() throws IOException {
    write(map("compute1"));
    unmap();
    read(map("compute2"));
    list();
    unmap();
    delete();
    list();
  }

  private Mapping map(String host) {
    Mapping mapping = nas.mapZvol(new MapZvol(ZVOL, new NodeName(host), SIZE), options()).join();
    say(
        "map",
        mapping.zvol() + " (" + mapping.size() + ") to " + host + ": " + mapping.stablePath());
    return mapping;
  }

  private void write(Mapping mapping) throws IOException {
    try (FileChannel disk =
        FileChannel.open(mapping.stablePath().toPath(), StandardOpenOption.WRITE)) {
      disk.write(ByteBuffer.wrap(GREETING));
      disk.force(true);
    }
    say("write", "'" + new String(GREETING, StandardCharsets.UTF_8) + "'");
  }

  private void read(Mapping mapping) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(GREETING.length);
    try (FileChannel disk = FileChannel.open(mapping.stablePath().toPath())) {
      disk.read(bytes);
    }
    say("read", "'" + new String(bytes.array(), StandardCharsets.UTF_8) + "'");
  }

  private void unmap() {
    nas.unmapZvol(ZVOL, options()).join();
    say("unmap", ZVOL.toString());
  }

  private void delete() {
    nas.deleteZvol(ZVOL, options()).join();
    say("delete", ZVOL.toString());
  }

  private void list() {
    List<ZvolStatus> zvols = nas.listZvols(ZvolQuery.all(), options()).join();
    for (ZvolStatus zvol : zvols) {
      String host = zvol.remoteHost().map(name -> " to " + name).orElse("");
      say("list", zvol.zvol() + " (" + zvol.size() + ") is " + zvol.state() + host);
    }
    if (zvols.isEmpty()) {
      say("list", "no volume");
    }
  }

  private void say(String what, String text) {
    out.println(what + " ".repeat(COLUMN - what.length()) + text);
  }

  private static CallOptions options() {
    return CallOptions.within(Duration.ofSeconds(30));
  }
}
