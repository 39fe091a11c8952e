package io.vmstore.examples.warm;

import io.vmstore.examples.cli.VmStoreCli;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

/**
 * Loads every class that the daemons and the command line may need, so that a JVM that runs this
 * with {@code -XX:ArchiveClassesAtExit} keeps them all; what only tests need is left out. Then it
 * asks a node in vain, because some are made only as a program runs, and ends as the command line
 * does. Where there is no broker that finds one out soon.
 */
public final class LoadClasses {
  private static final Pattern JARS =
      Pattern.compile(
          "(vmstore-(?!testkit)|amqp-client|jackson-|logback-|slf4j-|picocli|commons-exec).*\\.jar");
  private static final String CLASS = ".class";

  private LoadClasses() {}

  /** Loads them. */
  public static void main(String[] arguments) throws IOException {
    for (String jar : List.of(System.getProperty("java.class.path").split(File.pathSeparator))) {
      if (JARS.matcher(Path.of(jar).getFileName().toString()).matches()) {
        names(jar).forEach(LoadClasses::load);
      }
    }
    VmStoreCli.main(new String[] {"--timeout", "1", "ls", "nowhere"});
  }

  private static List<String> names(String jar) throws IOException {
    try (JarFile file = new JarFile(jar)) {
      return file.stream()
          .map(JarEntry::getName)
          .filter(name -> name.endsWith(CLASS) && !name.contains("-"))
          .map(name -> name.substring(0, name.length() - CLASS.length()).replace('/', '.'))
          .toList();
    }
  }

  private static void load(String name) {
    try {
      Class.forName(name, false, LoadClasses.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      // It is for a library that is not here, and would not be used either.
    }
  }
}
