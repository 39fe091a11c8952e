package io.vmstore.amqp;

import io.vmstore.testkit.broker.RabbitMqServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The users of docs/operations.md, exactly as the page has an administrator make them. */
final class Permissions {
  static final String VIRTUAL_HOST = "vmstore";

  private static final Path PAGE = Path.of("../docs/operations.md");
  private static final Pattern COMMAND = Pattern.compile("(?m)^    rabbitmqctl (.*)$");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");
  private static final Pattern DEFINITIONS = Pattern.compile("(?s)```json\n(.*?)```");

  private final RabbitMqServer rabbit;
  private final String page;

  Permissions(RabbitMqServer rabbit) throws IOException {
    this.rabbit = rabbit;
    this.page = Files.readString(PAGE);
  }

  /** Makes the virtual host and the exchange. */
  void importDefinitions(Path directory) throws IOException {
    String json =
        DEFINITIONS.matcher(page).results().map(found -> found.group(1)).findFirst().orElseThrow();
    Path file = Files.writeString(directory.resolve("vmstore.json"), json);
    rabbit.control("import_definitions", file.toString());
  }

  /**
   * Makes a user as the page does for the user of an example, with another node's name in it.
   *
   * @return the user, whose password is his name
   */
  String make(String exampleUser, String exampleNode, String node) {
    for (String command : commandsFor(exampleUser)) {
      List<String> words =
          WORD.matcher(command.replace(exampleNode, node))
              .results()
              .map(Permissions::word)
              .toList();
      boolean asksForPassword = words.get(0).equals("add_user");
      rabbit.control(
          asksForPassword
              ? new String[] {"add_user", words.get(1), words.get(1)}
              : words.toArray(String[]::new));
    }
    return exampleUser.replace(exampleNode, node);
  }

  private List<String> commandsFor(String user) {
    List<String> commands =
        COMMAND
            .matcher(page)
            .results()
            .map(found -> found.group(1))
            .filter(command -> List.of(command.split(" ")).contains(user))
            .toList();
    if (commands.size() != 3) {
      throw new AssertionError("the page has " + commands + " for '" + user + "'");
    }
    return commands;
  }

  private static String word(MatchResult found) {
    return found.group(1) == null ? found.group(2) : found.group(1);
  }
}
