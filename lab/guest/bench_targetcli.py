"""
targetcli as it is, without its question on D-Bus whether tcmu-runner has backstores of its own: a guest has no D-Bus, and
targetcli does not start then. It does a little less here than usual.
"""

import runpy

from targetcli import ui_backstore

ui_backstore.UIBackstores._user_backstores = lambda self: ()
runpy.run_path("/usr/bin/targetcli", run_name="__main__")
