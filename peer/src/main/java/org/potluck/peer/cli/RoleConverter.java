package org.potluck.peer.cli;

import org.potluck.averaging.Role;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a role that a volunteer can have. */
final class RoleConverter implements ITypeConverter<Role> {
  @Override
  public Role convert(String text) {
    Role role = Role.of(text);
    if (!role.holdsModel()) {
      throw new TypeConversionException(
          "'%s' is none of trainer, auxiliary and receiver; to look on there is 'potluck watch'"
              .formatted(text));
    }
    return role;
  }
}
