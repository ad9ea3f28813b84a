fn f() { let s = r###"no end"##; /* /* */
