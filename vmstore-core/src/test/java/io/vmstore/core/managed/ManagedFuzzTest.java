package io.vmstore.core.managed;

import io.vmstore.core.json.Json;
import io.vmstore.error.ErrorCode;
import io.vmstore.fuzz.Fuzz;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a manager sends, and what a database gives back, is read as it is written or refused. */
class ManagedFuzzTest {
  private static final Set<ErrorCode> REFUSALS =
      Set.of(ErrorCode.INVALID_ARGUMENT, ErrorCode.UNIMPLEMENTED);

  @Test
  void connectionShouldReadBackOrBeRefused() {
    Fuzz.of(ManagedFuzzTest.class, "connection-info")
        .check(
            input ->
                Fuzz.parsed(REFUSALS, () -> ConnectionInfo.read(input))
                    .ifPresent(
                        read ->
                            Fuzz.requireEqual(
                                read,
                                ConnectionInfo.read(Json.write(ConnectionInfo.write(read))))));
  }

  @Test
  void connectorShouldReadBackOrBeRefused() {
    Fuzz.of(ManagedFuzzTest.class, "connector-info")
        .check(
            input ->
                Fuzz.parsed(REFUSALS, () -> ConnectorDocument.read(input))
                    .ifPresent(
                        read ->
                            Fuzz.requireEqual(
                                read,
                                ConnectorDocument.read(
                                    Json.write(ConnectorDocument.write(read))))));
  }

  @Test
  void recordShouldReadBackOrBeRefused() {
    Fuzz.of(ManagedFuzzTest.class, "managed-record")
        .check(
            input ->
                Fuzz.parsed(REFUSALS, () -> VolumeRow.decode(input))
                    .ifPresent(row -> Fuzz.requireEqual(row, VolumeRow.decode(row.encode()))));
  }
}
