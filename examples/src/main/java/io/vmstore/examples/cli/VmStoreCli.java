package io.vmstore.examples.cli;

import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.examples.broker.Brokers;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The command {@code vmstore}: reads the command line, asks the nodes, prints the answer.
 *
 * <p>One object runs one command line. Thread safety: not thread-safe.
 */
public final class VmStoreCli {
  /** Set by bin/vmstore when standard error is a terminal, which Java cannot tell. */
  private static final String PROGRESS = "vmstore.progress";

  private static final Duration TICK = Duration.ofSeconds(1);

  private final Terminal terminal;
  private final Connector connector;
  private final GlobalOptions options;
  private final CommandLine commandLine;

  VmStoreCli(Terminal terminal, Connector connector, Map<String, String> environment) {
    this.terminal = terminal;
    this.connector = connector;
    this.options = new GlobalOptions(environment);
    this.commandLine =
        new CommandLine(options)
            .addSubcommand(new MapCommand())
            .addSubcommand(new ExposeCommand())
            .addSubcommand(new GrowCommand())
            .addSubcommand(new UnmapCommand())
            .addSubcommand(new RemoveCommand())
            .addSubcommand(new ListCommand())
            .addSubcommand(new ListDevicesCommand())
            .addSubcommand(new ReconcileCommand())
            .addSubcommand(new ApplyCommand(terminal))
            .registerConverter(NodeName.class, NodeName::new)
            .registerConverter(ZvolName.class, ZvolName::parse)
            .registerConverter(Iqn.class, Iqn::new)
            .registerConverter(ByteSize.class, ByteSize::parse)
            .setOut(writer(terminal.out()))
            .setErr(writer(terminal.err()))
            .setExecutionStrategy(this::execute)
            .setParameterExceptionHandler(this::refuse);
  }

  /** Runs one command line and ends the process with its exit code. */
  public static void main(String[] arguments) {
    Terminal terminal = new Terminal(System.out, System.err, Boolean.getBoolean(PROGRESS));
    VmStoreCli cli = new VmStoreCli(terminal, Brokers::connect, System.getenv());
    System.exit(cli.run(arguments));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  /** {@return the exit code} */
  int run(String... arguments) {
    return commandLine.execute(arguments);
  }

  private int execute(ParseResult parsed) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    if (!parsed.hasSubcommand()) {
      throw new ParameterException(commandLine, "a command is missing");
    }
    try {
      return run((NodeCommand<?>) parsed.subcommand().commandSpec().userObject());
    } catch (VmStoreException e) {
      report(e, options.json);
      return ExitCode.of(e.code());
    }
  }

  private <T> int run(NodeCommand<T> command) {
    command.check();
    Duration timeout = options.timeout();
    BrokerLogin login = options.login();
    Authorization authorization = options.authorization();
    Deadline deadline = Deadline.after(timeout);
    Waiting waiting = new Waiting(terminal, TICK);
    try (Transport transport =
        waiting.forAnswer(
            "connecting to the broker",
            CompletableFuture.supplyAsync(() -> connector.connect(login, timeout)),
            timeout)) {
      if (!options.json) {
        tell(command.warning());
      }
      T result =
          waiting.forAnswer(
              command.doing(),
              command.ask(
                  options.withLegacyNases(VmStore.over(transport, authorization)), deadline),
              deadline.remaining());
      print(options.json ? command.json(result) + "\n" : command.text(result));
      return command.exitCode(result);
    }
  }

  /** A value outside its grammar is an error with a code as any other; the rest is about usage. */
  private int refuse(ParameterException wrong, String[] arguments) {
    boolean json = List.of(arguments).contains("--json");
    if (wrong.getCause() instanceof VmStoreException known) {
      report(known, json);
      return ExitCode.of(known.code());
    }
    CommandLine command = wrong.getCommandLine();
    report(
        VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "the command line is wrong")
            .reason(String.valueOf(wrong.getMessage()))
            .correction(
                "see '" + command.getCommandSpec().qualifiedName() + " --help' for what it takes")
            .build(),
        json);
    return ExitCode.USAGE;
  }

  private void report(VmStoreException failure, boolean json) {
    if (json) {
      print(Documents.error(failure) + "\n");
    } else {
      tell(Texts.error(failure));
    }
  }

  private void tell(String text) {
    terminal.err().print(text);
    terminal.err().flush();
  }

  private void print(String text) {
    terminal.out().print(text);
    terminal.out().flush();
  }
}
