! aprec.f90 - publish the state of a running computation, from Fortran 2008
!
!   use aprec
!   type(aprec_writer) :: out
!   real(8), target :: u(nx, ny)
!
!   call out%open()
!   call out%param('c', c, 0d0, 5d0, 'wave speed')      ! c can be steered
!   do while (.not. out%stopped())
!       ...
!       call out%put('step', step)
!       call out%put('u', u)
!       call out%publish()
!   end do
!   call out%close()
!
! It stands on the C writer (writer.c, or -laprec -pthread), and adds nothing
! to what that does: see aprec(3), and aprec.h for each call.  Like there,
! errors are sticky, told once on stderr, and never end the computation.
!
! What is always true: an array is published as it lies in memory.  C counts
! its indices from the other end, so u(nx, ny) is the field u[ny, nx], x
! varying fastest in both; dims takes the names in the order of Fortran.
!
! An array is not copied: it must stay as it is until publish (or close) has
! returned.  So it has the target attribute and is no expression, else the
! compiler finds no matching put.  Copied at once are sections with gaps, such
! as u(2:nx-1, 2:ny-1), until publish returns; logical arrays, as bytes of 0
! and 1; numbers and texts.  All these but sections may be expressions.
!
! A parameter is the program's own variable, a target too, and is changed by
! nothing but publish and wait.  A logical or a text, which C has otherwise,
! is brought to C before these and back behind them, if it was changed there.
module aprec
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: i8 => int8, i16 => int16, &
        i32 => int32, i64 => int64, f32 => real32, f64 => real64
    use, intrinsic :: ieee_arithmetic, only: ieee_value, &
        ieee_negative_inf, ieee_positive_inf
    implicit none
    private

    ! enum aprec_type of aprec.h
    integer(c_int), parameter :: t_i8 = 1, t_i16 = 2, t_i32 = 3, t_i64 = 4, &
        t_f32 = 9, t_f64 = 10, t_c64 = 11, t_c128 = 12, t_bool = 13
    integer, parameter :: name_max = 63

    ! What was put under a name, where its own memory will not do.
    type :: copy
        character(name_max) :: name
        integer(i64), pointer :: bytes(:) => null()  ! until publish
    end type copy

    ! A parameter that C has otherwise, a logical or a text, and where C has
    ! it: until close, as C may know of it.  Neither: it has been replaced.
    type :: twin
        character(name_max) :: name
        logical, pointer :: flag => null()
        character(kind=c_char), pointer :: text(:) => null()
        character(kind=c_char), pointer :: bytes(:) => null()
    end type twin

    ! A writer is not to be assigned to another one.
    type, public :: aprec_writer
        private
        type(c_ptr) :: w = c_null_ptr
        type(copy), allocatable :: copies(:)
        integer :: ncopies = 0
        integer :: guess = 1            ! the copy that is likely made next
        type(twin), allocatable :: twins(:)
    contains
        ! open([out]): a file, '-' or, without it, $APREC_OUT and the rules
        ! of aprec(3).  A writer that is open is closed before.
        procedure :: open => open_out
        procedure :: fdopen             ! (descriptor), which is not closed
        procedure :: source             ! (name), before the first publish
        procedure :: attr               ! (name, key [, value]), else removed
        procedure :: dims               ! (name, [names]), '' for none
        procedure :: withdraw           ! (name)
        ! publish([stat] [, final]): stat is 1, 0 skipped, -1 error; final
        ! says that this is the run's last record.
        procedure :: publish
        procedure :: stopped            ! whether the run is asked to end
        procedure :: interrupt          ! ends a pause; for signal handlers
        ! broadcast(rank, function [, arg]): see aprec_broadcast_fn.  Without
        ! function the process is alone, whatever the environment says.
        procedure :: broadcast
        ! wait(seconds [, stat]): stat is 1 when something was obeyed, 0 when
        ! the time is over, -1 after a signal; below 0 there is no limit.
        procedure, private :: wait_f32, wait_f64, wait_int
        generic :: wait => wait_f32, wait_f64, wait_int
        procedure :: error              ! the first error, or ''
        procedure :: close => close_out ! ([stat]): 0, or -1 after an error
        ! put(name, value): integer, real and complex numbers and arrays of
        ! rank 1 to 4, logical ones of the default kind, text without its
        ! trailing blanks.  Putting a name twice keeps the later.
        procedure, private :: put_text
        procedure, private :: put_i8_0, put_i8_1, put_i8_2, put_i8_3, put_i8_4
        procedure, private :: put_i16_0, put_i16_1, put_i16_2, &
            put_i16_3, put_i16_4
        procedure, private :: put_i32_0, put_i32_1, put_i32_2, &
            put_i32_3, put_i32_4
        procedure, private :: put_i64_0, put_i64_1, put_i64_2, &
            put_i64_3, put_i64_4
        procedure, private :: put_f32_0, put_f32_1, put_f32_2, &
            put_f32_3, put_f32_4
        procedure, private :: put_f64_0, put_f64_1, put_f64_2, &
            put_f64_3, put_f64_4
        procedure, private :: put_c64_0, put_c64_1, put_c64_2, &
            put_c64_3, put_c64_4
        procedure, private :: put_c128_0, put_c128_1, put_c128_2, &
            put_c128_3, put_c128_4
        procedure, private :: put_bool_0, put_bool_1, put_bool_2, &
            put_bool_3, put_bool_4
        ! param(name, variable [, min] [, max] [, what]): integer and real
        ! numbers, with limits of their kind; param(name, variable [, what]):
        ! logical ones of the default kind, and texts.  param(name) withdraws.
        procedure, private :: param_i8, param_i16, param_i32, param_i64, &
            param_f32, param_f64, param_bool, param_text, param_none
        generic :: param => param_i8, param_i16, param_i32, param_i64, &
            param_f32, param_f64, param_bool, param_text, param_none
        generic :: put => put_text
        generic :: put => put_i8_0, put_i8_1, put_i8_2, put_i8_3, put_i8_4
        generic :: put => put_i16_0, put_i16_1, put_i16_2, &
            put_i16_3, put_i16_4
        generic :: put => put_i32_0, put_i32_1, put_i32_2, &
            put_i32_3, put_i32_4
        generic :: put => put_i64_0, put_i64_1, put_i64_2, &
            put_i64_3, put_i64_4
        generic :: put => put_f32_0, put_f32_1, put_f32_2, &
            put_f32_3, put_f32_4
        generic :: put => put_f64_0, put_f64_1, put_f64_2, &
            put_f64_3, put_f64_4
        generic :: put => put_c64_0, put_c64_1, put_c64_2, &
            put_c64_3, put_c64_4
        generic :: put => put_c128_0, put_c128_1, put_c128_2, &
            put_c128_3, put_c128_4
        generic :: put => put_bool_0, put_bool_1, put_bool_2, &
            put_bool_3, put_bool_4
    end type aprec_writer

    ! Brings len bytes at buf from rank 0 to all others, and returns 0, or -1
    ! when it failed; see aprec.h.  Called with len 0 it has nothing to do.
    abstract interface
        function aprec_broadcast_fn(arg, buf, len) bind(c) result(failed)
            import :: c_int, c_ptr, c_size_t
            type(c_ptr), value :: arg, buf
            integer(c_size_t), value :: len
            integer(c_int) :: failed
        end function aprec_broadcast_fn
    end interface
    public :: aprec_broadcast_fn

    interface
        function c_open(path) bind(c, name='aprec_open')
            import :: c_ptr
            type(c_ptr), value :: path
            type(c_ptr) :: c_open
        end function c_open

        function c_fdopen(fd) bind(c, name='aprec_fdopen')
            import :: c_int, c_ptr
            integer(c_int), value :: fd
            type(c_ptr) :: c_fdopen
        end function c_fdopen

        function c_source(w, name) bind(c, name='aprec_source')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int) :: c_source
        end function c_source

        function c_put(w, name, kind, data, rank, extents) &
            bind(c, name='aprec_put')
            import :: c_char, c_int, c_ptr, c_size_t
            type(c_ptr), value :: w, data
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int), value :: kind, rank
            integer(c_size_t), intent(in) :: extents(*)
            integer(c_int) :: c_put
        end function c_put

        function c_put_text(w, name, text) bind(c, name='aprec_put_text')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w
            character(kind=c_char), intent(in) :: name(*), text(*)
            integer(c_int) :: c_put_text
        end function c_put_text

        function c_withdraw(w, name) bind(c, name='aprec_withdraw')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int) :: c_withdraw
        end function c_withdraw

        function c_dims(w, name, rank, dims) bind(c, name='aprec_dims')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int), value :: rank
            type(c_ptr), intent(in) :: dims(*)
            integer(c_int) :: c_dims
        end function c_dims

        function c_attr(w, name, key, value) bind(c, name='aprec_attr')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w, value
            character(kind=c_char), intent(in) :: name(*), key(*)
            integer(c_int) :: c_attr
        end function c_attr

        function c_publish(w) bind(c, name='aprec_publish')
            import :: c_int, c_ptr
            type(c_ptr), value :: w
            integer(c_int) :: c_publish
        end function c_publish

        function c_publish_final(w) bind(c, name='aprec_publish_final')
            import :: c_int, c_ptr
            type(c_ptr), value :: w
            integer(c_int) :: c_publish_final
        end function c_publish_final

        function c_param(w, name, kind, value, min, max, what) &
            bind(c, name='aprec_param')
            import :: c_char, c_double, c_int, c_ptr
            type(c_ptr), value :: w, value, what
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int), value :: kind
            real(c_double), value :: min, max
            integer(c_int) :: c_param
        end function c_param

        function c_param_text(w, name, value, size, what) &
            bind(c, name='aprec_param_text')
            import :: c_char, c_int, c_ptr, c_size_t
            type(c_ptr), value :: w, value, what
            character(kind=c_char), intent(in) :: name(*)
            integer(c_size_t), value :: size
            integer(c_int) :: c_param_text
        end function c_param_text

        function c_wait(w, seconds) bind(c, name='aprec_wait')
            import :: c_double, c_int, c_ptr
            type(c_ptr), value :: w
            real(c_double), value :: seconds
            integer(c_int) :: c_wait
        end function c_wait

        subroutine c_interrupt(w) bind(c, name='aprec_interrupt')
            import :: c_ptr
            type(c_ptr), value :: w
        end subroutine c_interrupt

        function c_broadcast(w, rank, fn, arg) &
            bind(c, name='aprec_broadcast')
            import :: c_funptr, c_int, c_ptr
            type(c_ptr), value :: w, arg
            integer(c_int), value :: rank
            type(c_funptr), value :: fn
            integer(c_int) :: c_broadcast
        end function c_broadcast

        function c_stopped(w) bind(c, name='aprec_stopped')
            import :: c_int, c_ptr
            type(c_ptr), value :: w
            integer(c_int) :: c_stopped
        end function c_stopped

        function c_error(w) bind(c, name='aprec_error')
            import :: c_ptr
            type(c_ptr), value :: w
            type(c_ptr) :: c_error
        end function c_error

        function c_close(w) bind(c, name='aprec_close')
            import :: c_int, c_ptr
            type(c_ptr), value :: w
            integer(c_int) :: c_close
        end function c_close

        function c_strlen(s) bind(c, name='strlen')
            import :: c_ptr, c_size_t
            type(c_ptr), value :: s
            integer(c_size_t) :: c_strlen
        end function c_strlen

        function c_memcpy(to, from, n) bind(c, name='memcpy')
            import :: c_ptr, c_size_t
            type(c_ptr), value :: to, from
            integer(c_size_t), value :: n
            type(c_ptr) :: c_memcpy
        end function c_memcpy
    end interface
contains
    subroutine open_out(self, out)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in), optional :: out
        character(kind=c_char), allocatable, target :: path(:)

        call self%close()
        if (present(out)) then
            call to_c(out, path)
            self%w = c_open(c_loc(path(1)))
        else
            self%w = c_open(c_null_ptr)
        end if
    end subroutine open_out

    subroutine fdopen(self, fd)
        class(aprec_writer), intent(inout) :: self
        integer, intent(in) :: fd

        call self%close()
        self%w = c_fdopen(int(fd, c_int))
    end subroutine fdopen

    subroutine source(self, name)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int) :: ignored

        ignored = c_source(self%w, trim(name) // c_null_char)
    end subroutine source

    subroutine attr(self, name, key, value)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name, key
        character(*), intent(in), optional :: value
        character(kind=c_char), allocatable, target :: text(:)
        type(c_ptr) :: p
        integer(c_int) :: ignored

        p = c_null_ptr
        if (present(value)) then
            call to_c(value, text)
            p = c_loc(text(1))
        end if
        ignored = c_attr(self%w, trim(name) // c_null_char, &
            trim(key) // c_null_char, p)
    end subroutine attr

    subroutine dims(self, name, names)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name, names(:)
        character(kind=c_char), target :: text(len(names) + 1, size(names))
        type(c_ptr) :: p(size(names))
        integer(c_int) :: ignored
        integer :: i, k

        do k = 1, size(names)
            do i = 1, len_trim(names(k))
                text(i, k) = names(k)(i:i)
            end do
            text(i, k) = c_null_char
            p(size(names) + 1 - k) = c_loc(text(1, k))
        end do
        ignored = c_dims(self%w, trim(name) // c_null_char, &
            size(names, kind=c_int), p)
    end subroutine dims

    subroutine withdraw(self, name)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int) :: ignored

        ignored = c_withdraw(self%w, trim(name) // c_null_char)
    end subroutine withdraw

    subroutine publish(self, stat, final)
        class(aprec_writer), intent(inout) :: self
        integer, intent(out), optional :: stat
        logical, intent(in), optional :: final
        logical :: is_last
        integer(c_int) :: done

        is_last = .false.
        if (present(final)) is_last = final
        call to_twins(self)
        if (is_last) then
            done = c_publish_final(self%w)
        else
            done = c_publish(self%w)
        end if
        call from_twins(self)
        call forget_copies(self)
        if (present(stat)) stat = int(done)
    end subroutine publish

    subroutine wait_f64(self, seconds, stat)
        class(aprec_writer), intent(inout) :: self
        real(f64), intent(in) :: seconds
        integer, intent(out), optional :: stat
        integer(c_int) :: done

        call to_twins(self)
        done = c_wait(self%w, seconds)
        call from_twins(self)
        if (present(stat)) stat = int(done)
    end subroutine wait_f64

    subroutine wait_f32(self, seconds, stat)
        class(aprec_writer), intent(inout) :: self
        real(f32), intent(in) :: seconds
        integer, intent(out), optional :: stat

        call self%wait_f64(real(seconds, f64), stat)
    end subroutine wait_f32

    subroutine wait_int(self, seconds, stat)
        class(aprec_writer), intent(inout) :: self
        integer, intent(in) :: seconds
        integer, intent(out), optional :: stat

        call self%wait_f64(real(seconds, f64), stat)
    end subroutine wait_int

    subroutine broadcast(self, rank, fn, arg)
        class(aprec_writer), intent(inout) :: self
        integer, intent(in) :: rank
        procedure(aprec_broadcast_fn), optional :: fn
        type(c_ptr), intent(in), optional :: arg
        type(c_funptr) :: c_fn
        type(c_ptr) :: c_arg
        integer(c_int) :: ignored

        c_fn = c_null_funptr
        if (present(fn)) c_fn = c_funloc(fn)
        c_arg = c_null_ptr
        if (present(arg)) c_arg = arg
        ignored = c_broadcast(self%w, int(rank, c_int), c_fn, c_arg)
    end subroutine broadcast

    subroutine interrupt(self)
        class(aprec_writer), intent(in) :: self

        call c_interrupt(self%w)
    end subroutine interrupt

    logical function stopped(self)
        class(aprec_writer), intent(in) :: self

        stopped = c_stopped(self%w) /= 0
    end function stopped

    function error(self)
        class(aprec_writer), intent(in) :: self
        character(:), allocatable :: error
        character(kind=c_char), pointer :: text(:)
        type(c_ptr) :: p
        integer :: i

        error = ''
        if (.not. c_associated(self%w)) error = 'the writer is not open'
        if (.not. c_associated(self%w)) return
        p = c_error(self%w)
        if (.not. c_associated(p)) return
        call c_f_pointer(p, text, [c_strlen(p)])
        error = repeat(' ', size(text))
        do i = 1, size(text)
            error(i:i) = text(i)
        end do
    end function error

    subroutine close_out(self, stat)
        class(aprec_writer), intent(inout) :: self
        integer, intent(out), optional :: stat
        type(c_ptr) :: w
        integer(c_int) :: done

        call to_twins(self)
        w = self%w
        self%w = c_null_ptr     ! of a handler that interrupts
        done = c_close(w)
        call forget_twins(self)
        call forget_copies(self)
        self%ncopies = 0
        if (present(stat)) stat = int(done)
    end subroutine close_out

    subroutine put_text(self, name, text)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name, text
        integer(c_int) :: ignored

        ignored = c_put_text(self%w, trim(name) // c_null_char, &
            trim(text) // c_null_char)
    end subroutine put_text

    !
    ! Parameters
    !

    ! A number.  what is '' where it is not said.
    subroutine param_at(self, name, kind, value, min, max, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int), intent(in) :: kind
        type(c_ptr), intent(in) :: value
        real(c_double), intent(in) :: min, max
        character(*), intent(in), optional :: what
        character(kind=c_char), allocatable, target :: text(:)
        type(c_ptr) :: p
        integer(c_int) :: ignored

        p = c_null_ptr
        if (present(what)) then
            call to_c(what, text)
            p = c_loc(text(1))
        end if
        ignored = c_param(self%w, trim(name) // c_null_char, kind, value, &
            min, max, p)
    end subroutine param_at

    ! No limit, on that side.
    real(c_double) function none(side)
        integer, intent(in) :: side

        none = ieee_value(none, ieee_positive_inf)
        if (side < 0) none = ieee_value(none, ieee_negative_inf)
    end function none

    subroutine param_none(self, name)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name

        call part_twins(self, name)
        call param_at(self, name, t_f64, c_null_ptr, none(-1), none(1))
    end subroutine param_none

    subroutine param_i8(self, name, value, min, max, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: value
        integer(i8), intent(in), optional :: min, max
        character(*), intent(in), optional :: what
        real(c_double) :: low, high

        low = none(-1)
        if (present(min)) low = real(min, c_double)
        high = none(1)
        if (present(max)) high = real(max, c_double)
        call part_twins(self, name)
        call param_at(self, name, t_i8, c_loc(value), low, high, what)
    end subroutine param_i8

    subroutine param_i16(self, name, value, min, max, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: value
        integer(i16), intent(in), optional :: min, max
        character(*), intent(in), optional :: what
        real(c_double) :: low, high

        low = none(-1)
        if (present(min)) low = real(min, c_double)
        high = none(1)
        if (present(max)) high = real(max, c_double)
        call part_twins(self, name)
        call param_at(self, name, t_i16, c_loc(value), low, high, what)
    end subroutine param_i16

    subroutine param_i32(self, name, value, min, max, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: value
        integer(i32), intent(in), optional :: min, max
        character(*), intent(in), optional :: what
        real(c_double) :: low, high

        low = none(-1)
        if (present(min)) low = real(min, c_double)
        high = none(1)
        if (present(max)) high = real(max, c_double)
        call part_twins(self, name)
        call param_at(self, name, t_i32, c_loc(value), low, high, what)
    end subroutine param_i32

    subroutine param_i64(self, name, value, min, max, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: value
        integer(i64), intent(in), optional :: min, max
        character(*), intent(in), optional :: what
        real(c_double) :: low, high

        low = none(-1)
        if (present(min)) low = real(min, c_double)
        high = none(1)
        if (present(max)) high = real(max, c_double)
        call part_twins(self, name)
        call param_at(self, name, t_i64, c_loc(value), low, high, what)
    end subroutine param_i64

    subroutine param_f32(self, name, value, min, max, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: value
        real(f32), intent(in), optional :: min, max
        character(*), intent(in), optional :: what
        real(c_double) :: low, high

        low = none(-1)
        if (present(min)) low = real(min, c_double)
        high = none(1)
        if (present(max)) high = real(max, c_double)
        call part_twins(self, name)
        call param_at(self, name, t_f32, c_loc(value), low, high, what)
    end subroutine param_f32

    subroutine param_f64(self, name, value, min, max, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: value
        real(f64), intent(in), optional :: min, max
        character(*), intent(in), optional :: what
        real(c_double) :: low, high

        low = none(-1)
        if (present(min)) low = real(min, c_double)
        high = none(1)
        if (present(max)) high = real(max, c_double)
        call part_twins(self, name)
        call param_at(self, name, t_f64, c_loc(value), low, high, what)
    end subroutine param_f64

    subroutine param_bool(self, name, value, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, pointer, intent(in) :: value
        character(*), intent(in), optional :: what
        integer :: i

        i = new_twin(self, name, 1)
        self%twins(i)%flag => value
        call to_twin(self%twins(i))
        call param_at(self, name, t_bool, c_loc(self%twins(i)%bytes(1)), &
            none(-1), none(1), what)
    end subroutine param_bool

    subroutine param_text(self, name, value, what)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        character(*), pointer, intent(in) :: value
        character(*), intent(in), optional :: what
        character(kind=c_char), allocatable, target :: text(:)
        type(c_ptr) :: p
        integer(c_int) :: ignored
        integer :: i

        p = c_null_ptr
        if (present(what)) then
            call to_c(what, text)
            p = c_loc(text(1))
        end if
        i = new_twin(self, name, len(value) + 1)
        if (len(value) > 0) call c_f_pointer(c_loc(value(1:1)), &
            self%twins(i)%text, [len(value)])
        call to_twin(self%twins(i))
        ignored = c_param_text(self%w, trim(name) // c_null_char, &
            c_loc(self%twins(i)%bytes(1)), &
            size(self%twins(i)%bytes, kind=c_size_t), p)
    end subroutine param_text

    ! The index of a twin of so many bytes, the only one of that name.
    integer function new_twin(self, name, bytes) result(i)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer, intent(in) :: bytes
        type(twin), allocatable :: more(:)

        call part_twins(self, name)
        if (.not. allocated(self%twins)) allocate (self%twins(0))
        do i = 1, size(self%twins)
            if (self%twins(i)%name == name .and. &
                size(self%twins(i)%bytes) == bytes) return
        end do
        allocate (more(i))
        more(:i - 1) = self%twins
        call move_alloc(more, self%twins)
        self%twins(i)%name = name
        allocate (self%twins(i)%bytes(bytes))
    end function new_twin

    ! What has that name is no twin's from now on.
    subroutine part_twins(self, name)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer :: i

        if (.not. allocated(self%twins)) return
        do i = 1, size(self%twins)
            if (self%twins(i)%name /= name) cycle
            self%twins(i)%flag => null()
            self%twins(i)%text => null()
        end do
    end subroutine part_twins

    subroutine to_twins(self)
        class(aprec_writer), intent(inout) :: self
        integer :: i

        if (.not. allocated(self%twins)) return
        do i = 1, size(self%twins)
            call to_twin(self%twins(i))
        end do
    end subroutine to_twins

    subroutine to_twin(t)
        type(twin), intent(inout) :: t
        integer :: n

        if (associated(t%flag)) t%bytes(1) = achar(merge(1, 0, t%flag))
        if (.not. associated(t%text)) return
        do n = size(t%text), 1, -1
            if (t%text(n) /= ' ') exit
        end do
        t%bytes(:n) = t%text(:n)
        t%bytes(n + 1) = c_null_char
    end subroutine to_twin

    ! What C has changed is changed here; the rest is left alone.
    subroutine from_twins(self)
        class(aprec_writer), intent(inout) :: self
        integer :: i

        if (.not. allocated(self%twins)) return
        do i = 1, size(self%twins)
            call from_twin(self%twins(i))
        end do
    end subroutine from_twins

    subroutine from_twin(t)
        type(twin), intent(inout) :: t
        integer :: i
        logical :: is_text

        if (associated(t%flag)) then
            if (t%flag .neqv. iachar(t%bytes(1)) /= 0) t%flag = .not. t%flag
        end if
        if (.not. associated(t%text)) return
        is_text = .true.
        do i = 1, size(t%text)
            if (t%bytes(i) == c_null_char) is_text = .false.
            if (t%text(i) /= merge(t%bytes(i), ' ', is_text)) &
                t%text(i) = merge(t%bytes(i), ' ', is_text)
        end do
    end subroutine from_twin

    subroutine forget_twins(self)
        class(aprec_writer), intent(inout) :: self
        integer :: i

        if (.not. allocated(self%twins)) return
        do i = 1, size(self%twins)
            deallocate (self%twins(i)%bytes)
        end do
        deallocate (self%twins)
    end subroutine forget_twins

    !
    ! Elements of any type and rank
    !

    ! Put an array with n(k) elements of so many bytes along dimension k.
    ! ends(1) is where its first element lies, ends(1 + k) the last one along
    ! dimension k.  A number (size(n) is 0) is copied, and what has gaps.
    subroutine put_elements(self, name, kind, bytes, n, ends)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int), intent(in) :: kind
        integer, intent(in) :: bytes
        integer(c_size_t), intent(in) :: n(:)
        type(c_ptr), intent(in) :: ends(:)
        integer(c_intptr_t) :: strides(size(n)), packed
        type(c_ptr) :: data
        integer :: k, run

        packed = bytes
        run = 0                 ! so many dimensions are without gaps
        do k = 1, size(n)
            strides(k) = packed
            if (n(k) > 1) strides(k) = &
                (address(ends(1 + k)) - address(ends(1))) / (n(k) - 1)
            if (strides(k) == packed .and. run == k - 1) run = k
            packed = packed * n(k)
        end do
        data = ends(1)
        if (size(n) == 0 .or. run < size(n)) then
            data = room(self, name, packed)
            if (c_associated(data)) &
                call gather(data, ends(1), bytes, n, strides, run)
        end if
        call put_at(self, name, kind, n, data)
    end subroutine put_elements

    subroutine put_at(self, name, kind, n, data)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int), intent(in) :: kind
        integer(c_size_t), intent(in) :: n(:)
        type(c_ptr), intent(in) :: data
        integer(c_size_t) :: extents(size(n))
        integer(c_int) :: ignored

        extents = n(size(n):1:-1)
        ignored = c_put(self%w, trim(name) // c_null_char, kind, data, &
            size(n, kind=c_int), extents)
    end subroutine put_at

    ! Whether an array has no element, and so none with an address: it is put.
    logical function is_empty(self, name, kind, n)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int), intent(in) :: kind
        integer(c_size_t), intent(in) :: n(:)

        is_empty = any(n == 0)
        if (is_empty) call put_at(self, name, kind, n, c_null_ptr)
    end function is_empty

    ! Copy elements, of which those along the first run dimensions lie side by
    ! side, the first index fastest.
    subroutine gather(to, from, bytes, n, strides, run)
        type(c_ptr), intent(in) :: to, from
        integer, intent(in) :: bytes, run
        integer(c_size_t), intent(in) :: n(:)
        integer(c_intptr_t), intent(in) :: strides(:)
        integer(c_size_t) :: at(size(n)), piece
        integer(c_intptr_t) :: source, target
        type(c_ptr) :: ignored
        integer :: k

        piece = bytes * product(n(:run))
        source = address(from)
        target = address(to)
        at = 0
        do
            ignored = c_memcpy(pointer_to(target), pointer_to(source), piece)
            target = target + piece
            do k = run + 1, size(n)
                source = source + strides(k)
                at(k) = at(k) + 1
                if (at(k) < n(k)) exit
                source = source - n(k) * strides(k)
                at(k) = 0
            end do
            if (k > size(n)) return
        end do
    end subroutine gather

    integer(c_intptr_t) function address(p)
        type(c_ptr), intent(in) :: p

        address = transfer(p, address)
    end function address

    type(c_ptr) function pointer_to(address)
        integer(c_intptr_t), intent(in) :: address

        pointer_to = transfer(address, pointer_to)
    end function pointer_to

    ! So many bytes for what is put under a name, until publish returns; null
    ! when memory runs out, of which c_put tells as missing data.
    type(c_ptr) function room(self, name, bytes)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_intptr_t), intent(in) :: bytes
        integer :: i, failed

        i = find_copy(self, name)
        if (associated(self%copies(i)%bytes)) &
            deallocate (self%copies(i)%bytes)
        allocate (self%copies(i)%bytes(bytes / 8 + 1), stat=failed)
        room = c_null_ptr
        if (failed == 0) room = c_loc(self%copies(i)%bytes(1))
    end function room

    ! The index of the copy of that name, new or there.
    integer function find_copy(self, name) result(i)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        type(copy), allocatable :: more(:)

        i = self%guess
        if (i <= self%ncopies) then
            if (self%copies(i)%name /= name) i = self%ncopies + 1
        end if
        if (i > self%ncopies) then
            do i = 1, self%ncopies
                if (self%copies(i)%name == name) exit
            end do
        end if
        self%guess = merge(1, i + 1, i >= self%ncopies)
        if (i <= self%ncopies) return
        if (.not. allocated(self%copies)) allocate (self%copies(8))
        if (i > size(self%copies)) then
            allocate (more(2 * size(self%copies)))
            more(:self%ncopies) = self%copies
            call move_alloc(more, self%copies)
        end if
        self%ncopies = i
        self%copies(i)%name = name
    end function find_copy

    subroutine forget_copies(self)
        class(aprec_writer), intent(inout) :: self
        integer :: i

        do i = 1, self%ncopies
            if (associated(self%copies(i)%bytes)) &
                deallocate (self%copies(i)%bytes)
        end do
        self%guess = 1
    end subroutine forget_copies

    ! As C has it: without trailing blanks, and with a NUL.
    subroutine to_c(text, s)
        character(*), intent(in) :: text
        character(kind=c_char), allocatable, intent(out) :: s(:)
        integer :: i, n

        n = len_trim(text)
        allocate (s(n + 1))
        do i = 1, n
            s(i) = text(i:i)
        end do
        s(n + 1) = c_null_char
    end subroutine to_c

    !
    ! put, of which there must be one for each type and rank: all the same but
    ! for these
    !

    subroutine put_i8_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), intent(in), target :: a

        call put_elements(self, name, t_i8, 1, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_i8_0

    subroutine put_i8_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: a(:)
        integer(i8), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_i8, n)) return
        call put_elements(self, name, t_i8, 1, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_i8_1

    subroutine put_i8_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: a(:, :)
        integer(i8), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_i8, n)) return
        call put_elements(self, name, t_i8, 1, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_i8_2

    subroutine put_i8_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: a(:, :, :)
        integer(i8), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_i8, n)) return
        call put_elements(self, name, t_i8, 1, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_i8_3

    subroutine put_i8_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: a(:, :, :, :)
        integer(i8), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_i8, n)) return
        call put_elements(self, name, t_i8, 1, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_i8_4

    subroutine put_i16_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), intent(in), target :: a

        call put_elements(self, name, t_i16, 2, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_i16_0

    subroutine put_i16_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: a(:)
        integer(i16), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_i16, n)) return
        call put_elements(self, name, t_i16, 2, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_i16_1

    subroutine put_i16_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: a(:, :)
        integer(i16), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_i16, n)) return
        call put_elements(self, name, t_i16, 2, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_i16_2

    subroutine put_i16_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: a(:, :, :)
        integer(i16), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_i16, n)) return
        call put_elements(self, name, t_i16, 2, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_i16_3

    subroutine put_i16_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: a(:, :, :, :)
        integer(i16), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_i16, n)) return
        call put_elements(self, name, t_i16, 2, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_i16_4

    subroutine put_i32_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), intent(in), target :: a

        call put_elements(self, name, t_i32, 4, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_i32_0

    subroutine put_i32_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: a(:)
        integer(i32), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_i32, n)) return
        call put_elements(self, name, t_i32, 4, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_i32_1

    subroutine put_i32_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: a(:, :)
        integer(i32), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_i32, n)) return
        call put_elements(self, name, t_i32, 4, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_i32_2

    subroutine put_i32_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: a(:, :, :)
        integer(i32), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_i32, n)) return
        call put_elements(self, name, t_i32, 4, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_i32_3

    subroutine put_i32_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: a(:, :, :, :)
        integer(i32), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_i32, n)) return
        call put_elements(self, name, t_i32, 4, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_i32_4

    subroutine put_i64_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), intent(in), target :: a

        call put_elements(self, name, t_i64, 8, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_i64_0

    subroutine put_i64_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: a(:)
        integer(i64), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_i64, n)) return
        call put_elements(self, name, t_i64, 8, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_i64_1

    subroutine put_i64_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: a(:, :)
        integer(i64), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_i64, n)) return
        call put_elements(self, name, t_i64, 8, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_i64_2

    subroutine put_i64_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: a(:, :, :)
        integer(i64), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_i64, n)) return
        call put_elements(self, name, t_i64, 8, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_i64_3

    subroutine put_i64_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: a(:, :, :, :)
        integer(i64), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_i64, n)) return
        call put_elements(self, name, t_i64, 8, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_i64_4

    subroutine put_f32_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), intent(in), target :: a

        call put_elements(self, name, t_f32, 4, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_f32_0

    subroutine put_f32_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: a(:)
        real(f32), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_f32, n)) return
        call put_elements(self, name, t_f32, 4, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_f32_1

    subroutine put_f32_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: a(:, :)
        real(f32), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_f32, n)) return
        call put_elements(self, name, t_f32, 4, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_f32_2

    subroutine put_f32_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: a(:, :, :)
        real(f32), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_f32, n)) return
        call put_elements(self, name, t_f32, 4, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_f32_3

    subroutine put_f32_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: a(:, :, :, :)
        real(f32), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_f32, n)) return
        call put_elements(self, name, t_f32, 4, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_f32_4

    subroutine put_f64_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), intent(in), target :: a

        call put_elements(self, name, t_f64, 8, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_f64_0

    subroutine put_f64_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: a(:)
        real(f64), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_f64, n)) return
        call put_elements(self, name, t_f64, 8, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_f64_1

    subroutine put_f64_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: a(:, :)
        real(f64), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_f64, n)) return
        call put_elements(self, name, t_f64, 8, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_f64_2

    subroutine put_f64_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: a(:, :, :)
        real(f64), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_f64, n)) return
        call put_elements(self, name, t_f64, 8, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_f64_3

    subroutine put_f64_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: a(:, :, :, :)
        real(f64), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_f64, n)) return
        call put_elements(self, name, t_f64, 8, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_f64_4

    subroutine put_c64_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), intent(in), target :: a

        call put_elements(self, name, t_c64, 8, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_c64_0

    subroutine put_c64_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), pointer, intent(in) :: a(:)
        complex(f32), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_c64, n)) return
        call put_elements(self, name, t_c64, 8, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_c64_1

    subroutine put_c64_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), pointer, intent(in) :: a(:, :)
        complex(f32), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_c64, n)) return
        call put_elements(self, name, t_c64, 8, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_c64_2

    subroutine put_c64_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), pointer, intent(in) :: a(:, :, :)
        complex(f32), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_c64, n)) return
        call put_elements(self, name, t_c64, 8, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_c64_3

    subroutine put_c64_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), pointer, intent(in) :: a(:, :, :, :)
        complex(f32), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_c64, n)) return
        call put_elements(self, name, t_c64, 8, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_c64_4

    subroutine put_c128_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), intent(in), target :: a

        call put_elements(self, name, t_c128, 16, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_c128_0

    subroutine put_c128_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), pointer, intent(in) :: a(:)
        complex(f64), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_c128, n)) return
        call put_elements(self, name, t_c128, 16, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_c128_1

    subroutine put_c128_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), pointer, intent(in) :: a(:, :)
        complex(f64), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_c128, n)) return
        call put_elements(self, name, t_c128, 16, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_c128_2

    subroutine put_c128_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), pointer, intent(in) :: a(:, :, :)
        complex(f64), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_c128, n)) return
        call put_elements(self, name, t_c128, 16, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_c128_3

    subroutine put_c128_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), pointer, intent(in) :: a(:, :, :, :)
        complex(f64), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_c128, n)) return
        call put_elements(self, name, t_c128, 16, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_c128_4

    subroutine put_bool_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a
        integer(i8), target :: byte

        byte = merge(1_i8, 0_i8, a)
        call put_elements(self, name, t_bool, 1, [integer(c_size_t) ::], &
            [c_loc(byte)])
    end subroutine put_bool_0

    subroutine put_bool_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a(:)
        integer(i8), pointer :: bytes(:)
        integer(c_size_t) :: n(1)
        type(c_ptr) :: data

        n = shape(a, c_size_t)
        data = room(self, name, product(n))
        if (c_associated(data)) then
            call c_f_pointer(data, bytes, n)
            bytes = merge(1_i8, 0_i8, a)
        end if
        call put_at(self, name, t_bool, n, data)
    end subroutine put_bool_1

    subroutine put_bool_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a(:, :)
        integer(i8), pointer :: bytes(:, :)
        integer(c_size_t) :: n(2)
        type(c_ptr) :: data

        n = shape(a, c_size_t)
        data = room(self, name, product(n))
        if (c_associated(data)) then
            call c_f_pointer(data, bytes, n)
            bytes = merge(1_i8, 0_i8, a)
        end if
        call put_at(self, name, t_bool, n, data)
    end subroutine put_bool_2

    subroutine put_bool_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a(:, :, :)
        integer(i8), pointer :: bytes(:, :, :)
        integer(c_size_t) :: n(3)
        type(c_ptr) :: data

        n = shape(a, c_size_t)
        data = room(self, name, product(n))
        if (c_associated(data)) then
            call c_f_pointer(data, bytes, n)
            bytes = merge(1_i8, 0_i8, a)
        end if
        call put_at(self, name, t_bool, n, data)
    end subroutine put_bool_3

    subroutine put_bool_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a(:, :, :, :)
        integer(i8), pointer :: bytes(:, :, :, :)
        integer(c_size_t) :: n(4)
        type(c_ptr) :: data

        n = shape(a, c_size_t)
        data = room(self, name, product(n))
        if (c_associated(data)) then
            call c_f_pointer(data, bytes, n)
            bytes = merge(1_i8, 0_i8, a)
        end if
        call put_at(self, name, t_bool, n, data)
    end subroutine put_bool_4
end module aprec
