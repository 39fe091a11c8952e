package io.vmstore.testkit.simulator;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.ManagedVolume.Attachment;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.Export;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Transport;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Builds each {@link Defect} in from outside, by what stands between a role and the world, so that
 * the roles themselves carry no switch.
 */
final class Defects {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration AFTERWARDS = Duration.ofSeconds(3);

  private Defects() {}

  static StateStore nasStore(World world, StateStore store, TargetExporter exporter) {
    if (world.has(Defect.EFFECT_BEFORE_INTENT)) {
      return new ChangedStore(store, value -> isIn(value, "MAPPING"));
    }
    if (world.has(Defect.LEFTOVER_IGNORED)) {
      return ReadStore.keeping(
          store, value -> !isIn(value, "MAPPING") && !isIn(value, "UNMAPPING"));
    }
    if (world.has(Defect.SECRETS_NOT_KEPT)) {
      return new ReadStore(store, all -> all.replaceAll((key, value) -> withoutSecrets(value)));
    }
    if (world.has(Defect.GROWTH_FORGOTTEN)) {
      return new ReadStore(store, all -> all.replaceAll((key, value) -> withoutGrowth(value)));
    }
    if (world.has(Defect.RECONCILE_REMOVES_MAPPINGS)) {
      return ReadStore.keeping(store, value -> !isIn(value, "MAPPED") || exported(value, exporter));
    }
    return store;
  }

  /** A store that seems to have no records. */
  static StateStore forgetful(StateStore store) {
    return ReadStore.keeping(store, value -> false);
  }

  private static boolean exported(byte[] value, TargetExporter exporter) {
    String text = new String(value, StandardCharsets.UTF_8);
    return exporter.list(Deadline.after(Duration.ofMinutes(1))).stream()
        .anyMatch(export -> text.contains(export.volume().toString()));
  }

  private static boolean isIn(byte[] value, String state) {
    return new String(value, StandardCharsets.UTF_8).contains("\"state\":\"" + state + "\"");
  }

  /** Where a host of managed volumes keeps its rows. */
  static StateStore hostStore(World world, StateStore store) {
    if (world.has(Defect.MANAGED_ROW_AFTER_EFFECT)) {
      return new ChangedStore(store, Defects::isIntent);
    }
    if (world.has(Defect.MANAGED_ATTACH_FORGOTTEN)) {
      return ReadStore.keeping(store, value -> !isIntent(value));
    }
    return store;
  }

  private static boolean isIntent(byte[] row) {
    return !read(row).has("wwn");
  }

  static VolumeConnector volumeConnector(World world, VolumeConnector connector) {
    return world.has(Defect.MANAGED_DISK_NOT_COMPARED)
        ? new CredulousConnector(connector)
        : connector;
  }

  static TargetExporter exporter(World world, SimulatedProcess life, TargetExporter exporter) {
    if (world.has(Defect.SESSION_NOT_ASKED_FOR)) {
      return new RuthlessExporter(exporter);
    }
    return world.has(Defect.FENCE_DOES_NOT_WAIT) ? new HastyExporter(life, exporter) : exporter;
  }

  static TargetConnector connector(World world, TargetConnector connector) {
    if (world.has(Defect.GROWTH_NOT_SEEN)) {
      return new BelievingConnector(connector);
    }
    return world.has(Defect.IDENTITY_NOT_CHECKED)
        ? new TrustingConnector(world, connector)
        : connector;
  }

  /** What a NAS talks through. */
  static Transport nasTransport(World world, SimulatedProcess life, Transport transport) {
    if (world.has(Defect.UNEXPORT_BEFORE_DETACH)) {
      return new HastyTransport(life, transport, false);
    }
    if (world.has(Defect.UNDO_IN_WRONG_ORDER)) {
      return new HastyTransport(life, transport, true);
    }
    if (world.has(Defect.DUPLICATE_EXECUTED)) {
      return new ChangedRequests(
          transport,
          json ->
              json.has("operation_id")
                  ? json.put("operation_id", world.chance.identity().toString())
                  : json);
    }
    if (world.has(Defect.REPLY_NOT_REPLAYED)) {
      return new RefusedRepetitions(transport);
    }
    return transport;
  }

  /** What a compute node talks through. */
  static Transport computeTransport(World world, Transport transport) {
    return world.has(Defect.GENERATION_NOT_CHECKED)
        ? new ChangedRequests(
            transport,
            json -> json.has("generation") ? json.put("generation", ++world.newest) : json)
        : transport;
  }

  private static ObjectNode read(byte[] body) {
    try {
      return (ObjectNode) JSON.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] write(ObjectNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Hands on everything; each defect changes one thing. */
  private abstract static class ForwardingTransport implements Transport {
    final Transport delegate;

    ForwardingTransport(Transport delegate) {
      this.delegate = delegate;
    }

    @Override
    public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
      return delegate.request(to, body, timeout);
    }

    @Override
    public void serve(NodeName name, RequestHandler handler) {
      delegate.serve(name, handler);
    }

    @Override
    public int maximumBodyBytes() {
      return delegate.maximumBodyBytes();
    }

    @Override
    public void close() {
      delegate.close();
    }
  }

  private static final class ChangedRequest implements Transport.Request {
    private final Transport.Request original;
    private final byte[] body;

    private ChangedRequest(Transport.Request original, byte[] body) {
      this.original = original;
      this.body = body;
    }

    @Override
    public byte[] body() {
      return body;
    }

    @Override
    public String id() {
      return original.id();
    }

    @Override
    public String sender() {
      return original.sender();
    }

    @Override
    public Deadline deadline() {
      return original.deadline();
    }
  }

  private static final class ChangedRequests extends ForwardingTransport {
    private final UnaryOperator<ObjectNode> change;

    ChangedRequests(Transport delegate, UnaryOperator<ObjectNode> change) {
      super(delegate);
      this.change = change;
    }

    @Override
    public void serve(NodeName name, RequestHandler handler) {
      delegate.serve(
          name,
          request ->
              handler.handle(
                  new ChangedRequest(request, write(change.apply(read(request.body()))))));
    }
  }

  private static final class RefusedRepetitions extends ForwardingTransport {
    private final Set<String> seen = new HashSet<>();

    RefusedRepetitions(Transport delegate) {
      super(delegate);
    }

    @Override
    public void serve(NodeName name, RequestHandler handler) {
      delegate.serve(name, request -> once(handler, request));
    }

    private CompletionStage<byte[]> once(RequestHandler handler, Request request) {
      ObjectNode json = read(request.body());
      boolean first = seen.add(json.path("operation_id").asText());
      return first || json.path("action").asText().startsWith("list")
          ? handler.handle(request)
          : CompletableFuture.completedFuture(
              write(
                  JSON.createObjectNode()
                      .put("status", "error")
                      .put("code", "FAILED_PRECONDITION")
                      .put("error", "this was asked for already")));
    }
  }

  /** Takes a detach for done when it is sent, always or while a mapping is being undone. */
  private static final class HastyTransport extends ForwardingTransport {
    private final SimulatedProcess life;
    private final boolean undoOnly;
    private final Set<String> failed = new HashSet<>();

    HastyTransport(SimulatedProcess life, Transport delegate, boolean undoOnly) {
      super(delegate);
      this.life = life;
      this.undoOnly = undoOnly;
    }

    @Override
    public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
      ObjectNode json = read(body);
      String volume = json.path("volume_id").asText();
      if (json.path("action").asText().equals("set_zvol")) {
        failed.add(volume);
        return delegate
            .request(to, body, timeout)
            .whenComplete(
                (reply, failure) -> {
                  if (failure == null
                      && read(reply.body()).path("status").asText().equals("success")) {
                    failed.remove(volume);
                  }
                });
      }
      boolean hasty =
          json.path("action").asText().equals("tear_down")
              && (!undoOnly || failed.contains(volume));
      if (!hasty) {
        return delegate.request(to, body, timeout);
      }
      life.schedule(() -> delegate.request(to, body, timeout), AFTERWARDS);
      return CompletableFuture.completedFuture(
          new Reply(to.value(), write(JSON.createObjectNode().put("status", "success"))));
    }
  }

  /** Reads something else than is on disk. */
  private record ReadStore(StateStore delegate, Consumer<Map<String, byte[]>> change)
      implements StateStore {
    private static ReadStore keeping(StateStore delegate, Predicate<byte[]> kept) {
      return new ReadStore(delegate, all -> all.values().removeIf(kept.negate()));
    }

    @Override
    public Map<String, byte[]> readAll() {
      Map<String, byte[]> all = new TreeMap<>(delegate.readAll());
      change.accept(all);
      return all;
    }

    @Override
    public void write(String key, byte[] value) {
      delegate.write(key, value);
    }

    @Override
    public void remove(String key) {
      delegate.remove(key);
    }

    @Override
    public void close() {
      delegate.close();
    }
  }

  private static byte[] withoutSecrets(byte[] value) {
    ObjectNode json = read(value);
    if (json.get("intent") instanceof ObjectNode intent) {
      intent.remove("chap");
    }
    return write(json);
  }

  private static byte[] withoutGrowth(byte[] value) {
    ObjectNode json = read(value);
    if (json.get("result") instanceof ObjectNode result) {
      result.remove("growing");
    }
    return write(json);
  }

  /** Does not write some records. */
  private record ChangedStore(StateStore delegate, Predicate<byte[]> skipped)
      implements StateStore {
    @Override
    public Map<String, byte[]> readAll() {
      return delegate.readAll();
    }

    @Override
    public void write(String key, byte[] value) {
      if (!skipped.test(value)) {
        delegate.write(key, value);
      }
    }

    @Override
    public void remove(String key) {
      delegate.remove(key);
    }

    @Override
    public void close() {
      delegate.close();
    }
  }

  private abstract static class ForwardingExporter implements TargetExporter {
    final TargetExporter delegate;

    ForwardingExporter(TargetExporter delegate) {
      this.delegate = delegate;
    }

    @Override
    public Target targetOf(ZvolName zvol, VolumeId id, long generation) {
      return delegate.targetOf(zvol, id, generation);
    }

    @Override
    public ChapMode chap() {
      return delegate.chap();
    }

    @Override
    public Export export(
        Zvol zvol, VolumeId id, long generation, Admission admitted, Deadline deadline) {
      return delegate.export(zvol, id, generation, admitted, deadline);
    }

    @Override
    public List<Export> list(Deadline deadline) {
      return delegate.list(deadline);
    }

    @Override
    public void close() {
      delegate.close();
    }
  }

  /** Ends sessions, whatever it is told about them. */
  private static final class RuthlessExporter extends ForwardingExporter {
    RuthlessExporter(TargetExporter delegate) {
      super(delegate);
    }

    @Override
    public void unexport(VolumeId id, OpenSessions sessions, Deadline deadline) {
      delegate.unexport(id, OpenSessions.END, deadline);
    }
  }

  private static final class HastyExporter extends ForwardingExporter {
    private final SimulatedProcess life;

    HastyExporter(SimulatedProcess life, TargetExporter delegate) {
      super(delegate);
      this.life = life;
    }

    @Override
    public void unexport(VolumeId id, OpenSessions sessions, Deadline deadline) {
      boolean open =
          delegate.list(deadline).stream()
              .anyMatch(export -> export.volume().equals(id) && !export.sessions().isEmpty());
      if (open) {
        life.schedule(() -> delegate.unexport(id, sessions, anyTime()), AFTERWARDS);
      } else {
        delegate.unexport(id, sessions, deadline);
      }
    }

    private Deadline anyTime() {
      return Deadline.after(Duration.ofMinutes(1), life::nanoTime);
    }
  }

  /** Takes any disk that is there for the one that was asked for. */
  private abstract static class ForwardingConnector implements TargetConnector {
    final TargetConnector delegate;

    ForwardingConnector(TargetConnector delegate) {
      this.delegate = delegate;
    }

    @Override
    public Iqn initiator() {
      return delegate.initiator();
    }

    @Override
    public ConnectedDevice connect(
        Target target, VolumeId id, @Nullable ChapSecrets chap, Deadline deadline) {
      return delegate.connect(target, id, chap, deadline);
    }

    @Override
    public ConnectedDevice extend(Target target, VolumeId id, ByteSize size, Deadline deadline) {
      return delegate.extend(target, id, size, deadline);
    }

    @Override
    public void disconnect(Target target, VolumeId id, Deadline deadline) {
      delegate.disconnect(target, id, deadline);
    }

    @Override
    public List<ConnectedDevice> list(Deadline deadline) {
      return delegate.list(deadline);
    }

    @Override
    public void close() {
      delegate.close();
    }
  }

  private static final class TrustingConnector extends ForwardingConnector {
    private final World world;

    TrustingConnector(World world, TargetConnector delegate) {
      super(delegate);
      this.world = world;
    }

    @Override
    public ConnectedDevice connect(
        Target target, VolumeId id, @Nullable ChapSecrets chap, Deadline deadline) {
      ConnectedDevice right = delegate.connect(target, id, chap, deadline);
      ConnectedDevice any = world.chance.one(delegate.list(deadline));
      return new ConnectedDevice(
          target, id.toString(), any.device(), any.stablePath(), right.size(), any.loggedIn());
    }
  }

  /** Takes the size it is asked to see for the one it sees. */
  private static final class BelievingConnector extends ForwardingConnector {
    BelievingConnector(TargetConnector delegate) {
      super(delegate);
    }

    @Override
    public ConnectedDevice extend(Target target, VolumeId id, ByteSize size, Deadline deadline) {
      ConnectedDevice here = delegate.extend(target, id, new ByteSize(1), deadline);
      return new ConnectedDevice(
          target, here.serial(), here.device(), here.stablePath(), size, here.loggedIn());
    }
  }

  /** Takes the disk that is there for the one that was recorded. */
  private record CredulousConnector(VolumeConnector delegate) implements VolumeConnector {
    @Override
    public ConnectorInfo connectorInfo() {
      return delegate.connectorInfo();
    }

    @Override
    public Device connect(
        String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
      Device any = delegate.connect(name, connection, null, deadline);
      Attachment found = any.attachment();
      String said = wwn == null ? found.wwn() : wwn;
      return new Device(
          any.path(), new Attachment(found.path(), said, found.multipathId()), any.size());
    }

    @Override
    public void disconnect(
        String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
      delegate.disconnect(name, connection, null, deadline);
    }

    @Override
    public Optional<Device> find(
        String name, IscsiConnection connection, String wwn, Deadline deadline) {
      return delegate.find(name, connection, wwn, deadline);
    }

    @Override
    public Device extend(String name, IscsiConnection connection, String wwn, Deadline deadline) {
      return delegate.extend(name, connection, wwn, deadline);
    }

    @Override
    public void close() {
      delegate.close();
    }
  }
}
