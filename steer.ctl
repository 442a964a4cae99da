at 1 set a -1
at 2 set a 100
at 2 set b 300
at 2 set c -70000
at 2 set d -9000000000
at 2 set e 2.5
at 2 set f 1e-3
at 2 set g on
at 2 set h two wo
at 2 set gone here
at 3 set h longer than 8
at 5 set h
at 5 set gone x
at 5 set still 7
