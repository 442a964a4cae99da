! Put a field of a vector, for one type: tests/fortran.t makes a module of this
! for each, with NAME and TYPE replaced.
module of_NAME
    use, intrinsic :: iso_fortran_env
    use aprec
    use words
    implicit none
contains
    ! w are the numbers in the order of memory, n the extents.  With gaps the
    ! array is a section, the last index in reverse, and overwritten at once.
    subroutine put_NAME(out, name, n, w, gaps)
        type(aprec_writer), intent(inout) :: out
        character(*), intent(in) :: name, w(:)
        integer, intent(in) :: n(:)
        logical, intent(in) :: gaps
        TYPE, pointer :: flat(:), a1(:), a2(:, :), a3(:, :, :), &
            a4(:, :, :, :), b1(:), b2(:, :), b3(:, :, :), b4(:, :, :, :)
        integer :: i, m(size(n)), parts

        allocate (flat(product(n)))
        parts = size(w) / max(1, size(flat))
        do i = 1, size(flat)
            call parse(w(parts * (i - 1) + 1:parts * i), flat(i))
        end do
        m = 2 * n
        select case (size(n))
        case (0)
            call out%put(name, flat(1))
        case (1)
            a1(1:n(1)) => flat
            if (gaps) then
                allocate (b1(m(1) + 1))
                a1 => b1(m(1):2:-2)
                a1 = flat
            end if
            call out%put(name, a1)
            if (gaps) b1 = b1(1)
        case (2)
            a2(1:n(1), 1:n(2)) => flat
            if (gaps) then
                allocate (b2(m(1) + 1, m(2) + 1))
                a2 => b2(2:m(1):2, m(2):2:-2)
                a2 = reshape(flat, [n(1), n(2)])
            end if
            call out%put(name, a2)
            if (gaps) b2 = b2(1, 1)
        case (3)
            a3(1:n(1), 1:n(2), 1:n(3)) => flat
            if (gaps) then
                allocate (b3(m(1) + 1, m(2) + 1, m(3) + 1))
                a3 => b3(2:m(1):2, 2:m(2):2, m(3):2:-2)
                a3 = reshape(flat, [n(1), n(2), n(3)])
            end if
            call out%put(name, a3)
            if (gaps) b3 = b3(1, 1, 1)
        case (4)
            a4(1:n(1), 1:n(2), 1:n(3), 1:n(4)) => flat
            if (gaps) then
                allocate (b4(m(1) + 1, m(2) + 1, m(3) + 1, m(4) + 1))
                a4 => b4(2:m(1):2, 2:m(2):2, 2:m(3):2, m(4):2:-2)
                a4 = reshape(flat, [n(1), n(2), n(3), n(4)])
            end if
            call out%put(name, a4)
            if (gaps) b4 = b4(1, 1, 1, 1)
        case default
            call refuse('an array of a rank above 4')
        end select
    end subroutine put_NAME
end module of_NAME
