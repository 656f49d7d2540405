// libflow has no sources of its own: it is the compiler's driver, linked whole.
